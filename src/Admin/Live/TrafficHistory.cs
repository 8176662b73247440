using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>Counts, once after the start, the mail of the day before it from the history, so that a restart empties no chart and no rate.</summary>
/// <remarks>In small pieces, newest first; a day of more than <see cref="MaxEvents"/> events is recalled in part, so that a busy server does not read for minutes.</remarks>
internal sealed class TrafficHistory(
    IEventCounts counts, IEventOutbox outbox, TrafficMonitor monitor, TimeProvider time, ILogger<TrafficHistory> log) : BackgroundService
{
    internal const long MaxEvents = 3_000_000;

    private static readonly TimeSpan Piece = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RecallAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops before it has looked back to the end.
        }
        catch (StoreUnavailableException trouble)
        {
            AdminLog.TrafficNotRecalled(log, trouble);
        }
    }

    internal async Task RecallAsync(CancellationToken cancellationToken)
    {
        var begin = monitor.Since;
        await WaitForEarlierAsync(begin, cancellationToken);
        var read = 0L;
        for (var end = begin; end > begin - Day && read < MaxEvents; end -= Piece)
        {
            var piece = await counts.CountAsync(end - Piece, end, cancellationToken);
            foreach (var count in piece.Where(count => KindOf(count.Kind) is not null))
            {
                monitor.Recall(count.At, KindOf(count.Kind)!.Value, count.Count);
            }

            monitor.Since = end - Piece;
            read += piece.Sum(count => count.Count);
        }
    }

    // What the process before did not come to write into the history is taken over first thing after the start.
    private async Task WaitForEarlierAsync(DateTimeOffset begin, CancellationToken cancellationToken)
    {
        var end = time.GetUtcNow() + LongestWait;
        while (time.GetUtcNow() < end
            && await outbox.ReadAsync(await counts.CursorAsync(cancellationToken), 1, cancellationToken) is [var next] && next.At < begin)
        {
            await Task.Delay(BetweenLooks, time, cancellationToken);
        }
    }

    private static TrafficKind? KindOf(DeliveryEventKind kind) => kind switch
    {
        DeliveryEventKind.Accepted => TrafficKind.Accepted,
        DeliveryEventKind.Delivered => TrafficKind.Delivered,
        DeliveryEventKind.Deferred => TrafficKind.Deferred,
        DeliveryEventKind.Bounced => TrafficKind.Bounced,
        DeliveryEventKind.Expired => TrafficKind.Expired,
        DeliveryEventKind.Captured => TrafficKind.Captured,
        DeliveryEventKind.Held => TrafficKind.Held,
        _ => null,
    };
}
