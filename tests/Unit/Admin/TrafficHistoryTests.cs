using Microsoft.Extensions.Logging.Abstractions;
using Relay.Admin;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class TrafficHistoryTests : IDisposable, IEventCounts
{
    private readonly ManualTimeProvider _time = new();
    private readonly TrafficMonitor _monitor;
    private readonly List<EventCount> _events = [];
    private readonly MemoryQueueStore _outbox;
    private int _questions;
    private long _cursor;

    public TrafficHistoryTests() => (_monitor, _outbox) = (new TrafficMonitor(_time), new MemoryQueueStore(_time));

    public void Dispose() => _monitor.Dispose();

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_cursor);

    public ValueTask<IReadOnlyList<EventCount>> CountAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken)
    {
        _questions++;
        return ValueTask.FromResult<IReadOnlyList<EventCount>>([.. _events.Where(count => count.At >= from && count.At < until)]);
    }

    [Fact]
    public async Task The_mail_before_the_start_counts_in_hour_day_and_chart()
    {
        var start = _time.GetUtcNow();
        Happened(start.AddMinutes(-3), DeliveryEventKind.Delivered, 40);
        Happened(start.AddMinutes(-3), DeliveryEventKind.Opened, 1000);
        Happened(start.AddHours(-5), DeliveryEventKind.Delivered, 7);
        Happened(start.AddHours(-25), DeliveryEventKind.Delivered, 9);

        await RecallAsync();

        Assert.Equal((40, 47), (_monitor.Sum(TrafficKind.Delivered, TimeSpan.FromHours(1)), _monitor.Sum(TrafficKind.Delivered, TimeSpan.FromHours(24))));
        Assert.Equal(47, _monitor.Series(TimeSpan.FromHours(24), TimeSpan.FromMinutes(10)).Sum(point => point.Delivered));
        Assert.Equal(start.AddHours(-24), _monitor.Since);
        Assert.Equal(40 / 3600.0, _monitor.Rate(TrafficKind.Delivered, TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task What_is_recalled_joins_what_was_counted_since()
    {
        Happened(_time.GetUtcNow().AddSeconds(-1), DeliveryEventKind.Bounced, 1);
        _monitor.Add(TrafficKind.Bounced, 2);
        _time.Advance(TimeSpan.FromMinutes(59));

        await RecallAsync();

        Assert.Equal(3, _monitor.Sum(TrafficKind.Bounced, TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task A_very_busy_day_is_recalled_in_part()
    {
        Happened(_time.GetUtcNow().AddMinutes(-1), DeliveryEventKind.Delivered, TrafficHistory.MaxEvents);

        await RecallAsync();

        Assert.Equal(1, _questions);
        Assert.Equal(_time.GetUtcNow().AddMinutes(-5), _monitor.Since);
    }

    [Fact]
    public async Task What_an_earlier_process_left_out_of_the_history_is_waited_for()
    {
        var at = _time.GetUtcNow().AddSeconds(-2);
        await _outbox.AppendAsync([new DeliveryEvent { Kind = DeliveryEventKind.Delivered, At = at, MessageId = QueueId.New(_time.GetUtcNow()) }]);
        await _outbox.AppendAsync([new DeliveryEvent { Kind = DeliveryEventKind.Delivered, At = _time.GetUtcNow(), MessageId = QueueId.New(_time.GetUtcNow()) }]);

        var recalling = RecallAsync();
        Assert.False(recalling.IsCompleted);
        Happened(at, DeliveryEventKind.Delivered, 1);
        _cursor = 1;
        _time.Advance(TimeSpan.FromSeconds(1));
        await recalling;

        Assert.Equal(1, _monitor.Sum(TrafficKind.Delivered, TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task A_history_that_takes_nothing_over_is_not_waited_for_without_end()
    {
        await _outbox.AppendAsync([new DeliveryEvent { Kind = DeliveryEventKind.Delivered, At = _time.GetUtcNow().AddSeconds(-2), MessageId = QueueId.New(_time.GetUtcNow()) }]);

        var recalling = RecallAsync();
        for (var i = 0; i < 400 && !recalling.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(200));
            await Task.Yield();
        }

        await recalling;
        Assert.True(_questions > 1);
    }

    private void Happened(DateTimeOffset at, DeliveryEventKind kind, long count) => _events.Add(new EventCount(at, kind, count));

    private async Task RecallAsync()
    {
        using var history = new TrafficHistory(this, _outbox, _monitor, _time, NullLogger<TrafficHistory>.Instance);
        await history.RecallAsync(CancellationToken.None);
    }
}
