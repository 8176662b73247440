using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relay.Queue;

/// <summary>Feeds committed events to the observers in order, at least once, and prunes the outbox behind the slowest.</summary>
/// <remarks>
/// Each observer has its own loop: one that fails is retried with back-off and delays no other. The first event after a quiet moment
/// goes at once; what follows gathers for a moment, because each batch costs a commit on either side whatever its size.
/// </remarks>
public sealed class EventPump : BackgroundService
{
    private const int BatchSize = 500;
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan IdleWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(1);

    private readonly IEventOutbox _outbox;
    private readonly IReadOnlyList<ObserverCursor> _observers;
    private readonly TimeProvider _time;
    private readonly ILogger<EventPump> _log;
    private long _prunedThrough;

    public EventPump(IEventOutbox outbox, IEnumerable<IEventObserver> observers, TimeProvider time, ILogger<EventPump> log)
    {
        _outbox = outbox;
        _observers = [.. observers.Select(observer => new ObserverCursor(observer))];
        _time = time;
        _log = log;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _outbox.EventsAdded += WakeAll;
        try
        {
            await Task.WhenAll(_observers.Select(observer => FollowAsync(observer, stoppingToken)));
        }
        finally
        {
            _outbox.EventsAdded -= WakeAll;
        }
    }

    private async Task FollowAsync(ObserverCursor cursor, CancellationToken stoppingToken)
    {
        var backOff = FirstBackOff;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await cursor.OpenAsync(stoppingToken);
                var pumped = await PumpOnceAsync(cursor, stoppingToken);
                if (pumped == 0)
                {
                    // What the process before did not come to, or the store postponed.
                    await PruneAsync(stoppingToken);
                    await cursor.WaitAsync(IdleWait, _time, stoppingToken);
                    continue;
                }

                backOff = FirstBackOff;
                if (pumped < BatchSize)
                {
                    await Task.Delay(Gathering, _time, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // a background loop: whatever an observer throws must not end the others
            catch (Exception trouble)
#pragma warning restore CA1031
            {
                QueueLog.ObserverFailed(_log, trouble, cursor.Observer.Name, backOff);
                await Task.Delay(backOff, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                backOff = TimeSpan.FromTicks(Math.Min(backOff.Ticks * 2, LongestBackOff.Ticks));
            }
        }
    }

    /// <summary>How many events it were.</summary>
    private async ValueTask<int> PumpOnceAsync(ObserverCursor cursor, CancellationToken stoppingToken)
    {
        var events = await _outbox.ReadAsync(cursor.Sequence, BatchSize, stoppingToken);
        if (events.Count == 0)
        {
            return 0;
        }

        await cursor.Observer.ObserveAsync(events, stoppingToken);
        cursor.Advance(events[^1].Sequence);
        await PruneAsync(stoppingToken);
        return events.Count;
    }

    private async ValueTask PruneAsync(CancellationToken stoppingToken)
    {
        var through = _observers.Min(cursor => cursor.Sequence);
        if (through <= Volatile.Read(ref _prunedThrough))
        {
            return;
        }

        // Told to the other loops before: once is enough.
        Volatile.Write(ref _prunedThrough, through);
        var isDone = false;
        try
        {
            isDone = await _outbox.PruneAsync(through, stoppingToken);
        }
        finally
        {
            if (!isDone)
            {
                Volatile.Write(ref _prunedThrough, 0);
            }
        }
    }

    private void WakeAll()
    {
        foreach (var observer in _observers)
        {
            observer.Wake();
        }
    }
}
