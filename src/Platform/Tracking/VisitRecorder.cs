using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Platform.Tracking;

/// <summary>Takes visits without making anybody wait, and writes them as events a few times a second.</summary>
internal sealed class VisitRecorder(IEventOutbox outbox, MachineGuess guess, TimeProvider time, ILogger<VisitRecorder> log) : BackgroundService
{
    /// <summary>Visits that wait; more are lost and counted.</summary>
    internal const int Capacity = 20_000;

    private const int BatchSize = 2_000;

    /// <summary>Gathering makes one commit of many visits, and shows what comes in bursts.</summary>
    internal static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan BackOff = TimeSpan.FromSeconds(1);

    private readonly Channel<Visit> _visits = Channel.CreateBounded<Visit>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    /// <summary>Never waits.</summary>
    public void Add(Visit visit)
    {
        if (!_visits.Writer.TryWrite(visit))
        {
            TrackingMetrics.Dropped.Add(1);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _visits.Reader.WaitToReadAsync(stoppingToken);
                await Task.Delay(Gather, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                // The rest is written below.
            }

            await WriteAllAsync(stoppingToken);
        }
    }

    private async Task WriteAllAsync(CancellationToken stoppingToken)
    {
        while (TakeBatch() is { Count: > 0 } batch)
        {
            var signs = guess.Judge(batch);
            TrackingMetrics.Count(batch, signs);
            await AppendAsync([.. batch.Select((visit, i) => visit.ToEvent(signs[i])).OfType<DeliveryEvent>()], stoppingToken);
        }
    }

    private List<Visit> TakeBatch()
    {
        var batch = new List<Visit>();
        while (batch.Count < BatchSize && _visits.Reader.TryRead(out var visit))
        {
            batch.Add(visit);
        }

        return batch;
    }

    private async Task AppendAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken stoppingToken)
    {
        while (events.Count > 0)
        {
            try
            {
                await outbox.AppendAsync(events);
                return;
            }
            catch (StoreUnavailableException trouble)
            {
                TrackingLog.NotRecorded(log, trouble, events.Count);
                if (stoppingToken.IsCancellationRequested)
                {
                    TrackingMetrics.Dropped.Add(events.Count);
                    return;
                }

                await Task.Delay(BackOff, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
