using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relay.Queue;

/// <summary>How full the queue is, looked at every second: the doors close above the bound and open again below it.</summary>
/// <remarks>What comes in between two looks is taken; the bound protects disk and operator, it is no exact number.</remarks>
public sealed class QueueBound(IQueueStore store, IntakeOptions options, TimeProvider time, ILogger<QueueBound> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly RecipientState[] Waiting =
        [RecipientState.Scheduled, RecipientState.Ready, RecipientState.Leased, RecipientState.Deferred, RecipientState.Held];

    private StoreHealth _health = StoreHealth.Healthy;
    private volatile bool _isFull;

    public StoreHealth Health => _isFull ? _health : StoreHealth.Healthy;

    /// <summary>Looks now.</summary>
    public async ValueTask LookAsync(CancellationToken cancellationToken)
    {
        var summary = await store.SummaryAsync(0, cancellationToken);
        var waiting = Waiting.Sum(state => summary.ByState.GetValueOrDefault(state));
        var isFull = waiting > options.MaxWaitingRecipients;
        if (isFull != _isFull)
        {
            _health = new StoreHealth(false, $"{waiting} recipients wait, the bound is {options.MaxWaitingRecipients}");
            _isFull = isFull;
            QueueLog.BoundCrossed(log, isFull ? "over" : "below", waiting, options.MaxWaitingRecipients);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.MaxWaitingRecipients == 0)
        {
            return;
        }

        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception trouble) when (trouble is not OperationCanceledException)
            {
                // The store's own health says that it is unwell.
                QueueLog.BoundUnknown(log, trouble);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
