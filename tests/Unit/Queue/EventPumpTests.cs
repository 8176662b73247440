using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class EventPumpTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ManualTimeProvider _time = new();
    private readonly Outbox _outbox = new();

    [Fact]
    public async Task Brings_all_events_in_order()
    {
        var observer = new Observer("history", 0);
        _outbox.Add(1200);
        await using (await StartAsync(observer))
        {
            await observer.SeenAsync(1200);
        }

        Assert.Equal(Enumerable.Range(1, 1200).Select(i => (long)i), observer.Sequences);
    }

    [Fact]
    public async Task Begins_behind_the_cursor_of_the_observer()
    {
        var observer = new Observer("history", 3);
        _outbox.Add(5);
        await using (await StartAsync(observer))
        {
            await observer.SeenAsync(5);
        }

        Assert.Equal([4L, 5], observer.Sequences);
    }

    [Fact]
    public async Task Wakes_when_events_are_added()
    {
        var observer = new Observer("history", 0);
        await using (await StartAsync(observer))
        {
            await _time.WaitForTimersAsync(1);
            _outbox.Add(1);
            await observer.SeenAsync(1);
        }

        Assert.Equal([1L], observer.Sequences);
    }

    [Fact]
    public async Task Brings_the_first_event_at_once_and_what_follows_together()
    {
        var observer = new Observer("history", 0);
        await using (await StartAsync(observer))
        {
            await _time.WaitForTimersAsync(1);
            _outbox.Add(1);
            await observer.SeenAsync(1);
            await _outbox.PrunedAsync(1);
            await _time.WaitForTimersAsync(1);
            for (var i = 0; i < 20; i++)
            {
                _outbox.Add(1);
            }

            Assert.Equal([1L], observer.Sequences);
            _time.Advance(TimeSpan.FromMilliseconds(250));
            await observer.SeenAsync(21);
        }

        Assert.Equal(2, observer.Batches);
    }

    [Fact]
    public async Task Looks_by_itself_when_a_signal_was_lost()
    {
        var observer = new Observer("history", 0);
        await using (await StartAsync(observer))
        {
            await _time.WaitForTimersAsync(1);
            _outbox.Add(1, signal: false);
            _time.Advance(TimeSpan.FromSeconds(5));
            await observer.SeenAsync(1);
        }

        Assert.Equal([1L], observer.Sequences);
    }

    [Fact]
    public async Task Brings_events_again_after_an_observer_failed_and_delays_no_other()
    {
        var failing = new Observer("failing", 0) { Failures = 1 };
        var other = new Observer("other", 0);
        _outbox.Add(2);
        await using (await StartAsync(failing, other))
        {
            await other.SeenAsync(2);
            Assert.Empty(failing.Sequences);
            Assert.Equal(0, _outbox.PrunedThrough);

            // The idle wait of the one and the back-off of the other.
            await _time.WaitForTimersAsync(2);
            _time.Advance(TimeSpan.FromSeconds(1));
            await failing.SeenAsync(2);
        }

        Assert.Equal([1L, 2], failing.Sequences);
    }

    [Fact]
    public async Task Prunes_behind_the_slowest_observer()
    {
        var slow = new Observer("slow", 0) { Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) };
        var fast = new Observer("fast", 0);
        _outbox.Add(3);
        await using (await StartAsync(slow, fast))
        {
            await fast.SeenAsync(3);
            Assert.Equal(0, _outbox.PrunedThrough);
            slow.Gate.SetResult();
            await slow.SeenAsync(3);
            await _outbox.PrunedAsync(3);
        }
    }

    [Fact]
    public async Task Prunes_what_a_process_that_died_had_passed_on()
    {
        _outbox.Add(3);
        await using (await StartAsync(new Observer("history", 3), new Observer("webhooks", 3)))
        {
            await _outbox.PrunedAsync(3);
        }
    }

    [Fact]
    public async Task Prunes_later_what_the_store_postponed()
    {
        _outbox.Postponements = 2;
        _outbox.Add(3);
        await using (await StartAsync(new Observer("history", 0)))
        {
            // The first look gathers, the second is idle.
            await _time.WaitForTimersAsync(1);
            _time.Advance(TimeSpan.FromMilliseconds(250));
            await _time.WaitForTimersAsync(1);
            Assert.Equal(0, _outbox.PrunedThrough);
            _time.Advance(TimeSpan.FromSeconds(5));
            await _outbox.PrunedAsync(3);
        }
    }

    private async Task<Running> StartAsync(params IReadOnlyList<Observer> observers)
    {
        var pump = new EventPump(_outbox, observers, _time, NullLogger<EventPump>.Instance);
        await pump.StartAsync(CancellationToken.None);
        return new Running(pump);
    }

    private sealed class Running(EventPump pump) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await pump.StopAsync(CancellationToken.None);
            pump.Dispose();
        }
    }

    private sealed class Outbox : IEventOutbox
    {
        private readonly Lock _lock = new();
        private readonly List<DeliveryEvent> _events = [];
        private readonly SemaphoreSlim _pruned = new(0);
        private long _prunedThrough;
        private int _postponements;

        /// <summary>So often it will not prune.</summary>
        public int Postponements
        {
            set => _postponements = value;
        }

        public event Action? EventsAdded;

        public long PrunedThrough => Interlocked.Read(ref _prunedThrough);

        public void Add(int count, bool signal = true)
        {
            lock (_lock)
            {
                for (var i = 0; i < count; i++)
                {
                    _events.Add(new DeliveryEvent
                    {
                        Sequence = _events.Count + 1,
                        Kind = DeliveryEventKind.Accepted,
                        At = DateTimeOffset.UnixEpoch,
                        MessageId = default,
                    });
                }
            }

            if (signal)
            {
                EventsAdded?.Invoke();
            }
        }

        public ValueTask<IReadOnlyList<DeliveryEvent>> ReadAsync(long after, int limit, CancellationToken cancellationToken)
        {
            lock (_lock)
            {
                return ValueTask.FromResult<IReadOnlyList<DeliveryEvent>>([.. _events.Where(e => e.Sequence > after).Take(limit)]);
            }
        }

        public ValueTask AppendAsync(IReadOnlyList<DeliveryEvent> events) => throw new NotSupportedException();

        public ValueTask<bool> PruneAsync(long through, CancellationToken cancellationToken)
        {
            if (Interlocked.Decrement(ref _postponements) >= 0)
            {
                return ValueTask.FromResult(false);
            }

            Interlocked.Exchange(ref _prunedThrough, through);
            _pruned.Release();
            return ValueTask.FromResult(true);
        }

        public async Task PrunedAsync(long through)
        {
            while (PrunedThrough < through)
            {
                Assert.True(await _pruned.WaitAsync(Patience), $"pruned through {PrunedThrough} only");
            }
        }
    }

    private sealed class Observer(string name, long cursor) : IEventObserver
    {
        private readonly ConcurrentQueue<long> _sequences = [];
        private readonly SemaphoreSlim _changed = new(0);

        public string Name => name;

        public int Failures { get; set; }

        public TaskCompletionSource? Gate { get; init; }

        public IReadOnlyList<long> Sequences => [.. _sequences];

        public int Batches { get; private set; }

        public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => ValueTask.FromResult(cursor);

        public async ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
        {
            if (Gate is not null)
            {
                await Gate.Task.WaitAsync(cancellationToken);
            }

            if (Failures-- > 0)
            {
                throw new InvalidOperationException("as asked");
            }

            Batches++;
            foreach (var item in events)
            {
                _sequences.Enqueue(item.Sequence);
            }

            _changed.Release();
        }

        public async Task SeenAsync(long sequence)
        {
            while (!_sequences.Contains(sequence))
            {
                Assert.True(await _changed.WaitAsync(Patience), $"{name} did not see {sequence}");
            }
        }
    }
}
