using Relay.Queue;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every history of events promises, fed as an observer; derive once per store.</summary>
public abstract class EventStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    protected ManualTimeProvider Time { get; } = new();

    protected IEventObserver Observer { get; private set; } = null!;

    protected IEventStore Store { get; private set; } = null!;

    private DateTimeOffset Now => Time.GetUtcNow();

    public async Task InitializeAsync() => (Observer, Store) = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    /// <summary>Opens an empty history that runs on <see cref="Time"/>.</summary>
    protected abstract Task<(IEventObserver Observer, IEventStore Store)> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Begins_with_no_cursor() => Assert.Equal(0, await Observer.CursorAsync(None));

    [Fact]
    public async Task Remembers_the_last_sequence()
    {
        await Observer.ObserveAsync([Event(5), Event(9)], None);
        Assert.Equal(9, await Observer.CursorAsync(None));
        await Observer.ObserveAsync([], None);
        Assert.Equal(9, await Observer.CursorAsync(None));
    }

    [Fact]
    public async Task Takes_the_same_events_again_without_doubling_them()
    {
        await Observer.ObserveAsync([Event(1), Event(2)], None);
        await Observer.ObserveAsync([Event(1), Event(2), Event(3)], None);
        Assert.Equal([3L, 2, 1], await SequencesAsync(new EventFilter()));
        Assert.Equal(3, await Observer.CursorAsync(None));
    }

    [Fact]
    public async Task Keeps_every_fact()
    {
        var full = Event(4) with
        {
            Kind = DeliveryEventKind.Deferred,
            RecipientId = 77,
            Fault = FaultSide.Network,
            Class = "timeout",
            Attempt = 2,
            ReplyCode = 421,
            EnhancedCode = "4.4.2",
            Text = "later",
            NextAttempt = Now.AddMinutes(5),
            Conversation = "S: 421 later",
        };
        await Observer.ObserveAsync([full], None);
        Assert.Equal(full, Assert.Single(await Store.ListAsync(new EventFilter(), None)));
    }

    [Fact]
    public async Task Filters_by_each_condition_and_all_of_them()
    {
        var id = QueueId.New(Now);
        await Observer.ObserveAsync(
            [
                Event(1),
                Event(2) with { Kind = DeliveryEventKind.Bounced, Recipient = "Bob@Example.ORG" },
                Event(3) with { MessageId = id, At = Now.AddMinutes(10) },
            ],
            None);
        Assert.Equal([3L], await SequencesAsync(new EventFilter { MessageId = id }));
        Assert.Equal([2L], await SequencesAsync(new EventFilter { Recipient = "bob@example.org" }));
        Assert.Equal([2L], await SequencesAsync(new EventFilter { Domain = "example.org" }));
        Assert.Equal([2L], await SequencesAsync(new EventFilter { Kinds = [DeliveryEventKind.Bounced, DeliveryEventKind.Expired] }));
        Assert.Equal([3L], await SequencesAsync(new EventFilter { Since = Now.AddMinutes(5) }));
        Assert.Equal([2L, 1], await SequencesAsync(new EventFilter { Until = Now.AddMinutes(5) }));
        Assert.Empty(await SequencesAsync(new EventFilter { MessageId = id, Domain = "example.org" }));
    }

    [Fact]
    public async Task Lists_newest_first_in_pages()
    {
        await Observer.ObserveAsync([Event(1), Event(2), Event(3)], None);
        Assert.Equal([3L, 2], await SequencesAsync(new EventFilter { Limit = 2 }));
        Assert.Equal([1L], await SequencesAsync(new EventFilter { Limit = 2, Before = 2 }));
        Assert.Equal([2L], await SequencesAsync(new EventFilter { After = 1, Before = 3 }));
    }

    [Fact]
    public async Task Keeps_the_conversations_of_the_last_three_failures_of_a_recipient()
    {
        await Observer.ObserveAsync(
            [
                .. Enumerable.Range(1, 5).Select(i => Event(i) with
                {
                    Kind = DeliveryEventKind.Deferred,
                    RecipientId = 7,
                    Conversation = "talk " + i,
                }),
                Event(6) with { Kind = DeliveryEventKind.Bounced, RecipientId = 8, Conversation = "other" },
                Event(7) with { Kind = DeliveryEventKind.Delivered, RecipientId = 7, Conversation = "success needs none" },
            ],
            None);
        var listed = await Store.ListAsync(new EventFilter(), None);
        Assert.Equal([null, "other", "talk 5", "talk 4", "talk 3", null, null], listed.Select(stored => stored.Conversation));
    }

    [Fact]
    public async Task Forgets_conversations_and_events_by_age()
    {
        await Observer.ObserveAsync([Event(1) with { Kind = DeliveryEventKind.Bounced, RecipientId = 1, Conversation = "old" }], None);
        Time.Advance(TimeSpan.FromDays(8));
        await Observer.ObserveAsync([Event(2) with { Kind = DeliveryEventKind.Bounced, RecipientId = 2, Conversation = "new" }], None);
        await Store.ApplyRetentionAsync(TimeSpan.FromDays(30), TimeSpan.FromDays(7), None);
        Assert.Equal(["new", null], (await Store.ListAsync(new EventFilter(), None)).Select(stored => stored.Conversation));
        Time.Advance(TimeSpan.FromDays(23));
        await Store.ApplyRetentionAsync(TimeSpan.FromDays(30), TimeSpan.FromDays(7), None);
        Assert.Equal([2L], await SequencesAsync(new EventFilter()));
        Assert.Equal(2, await Observer.CursorAsync(None));
    }

    [Fact]
    public async Task Counts_by_second_and_kind()
    {
        var second = DateTimeOffset.FromUnixTimeSeconds(Now.ToUnixTimeSeconds());
        await Observer.ObserveAsync(
            [
                Event(1) with { At = second.AddMilliseconds(-1) },
                Event(2) with { At = second },
                Event(3) with { At = second.AddMilliseconds(999) },
                Event(4) with { At = second.AddMilliseconds(500), Kind = DeliveryEventKind.Bounced },
                Event(5) with { At = second.AddSeconds(1) },
                Event(6) with { At = second.AddSeconds(2) },
            ],
            None);

        var counts = await ((IEventCounts)Store).CountAsync(second, second.AddSeconds(2), None);

        Assert.Equal(
            [new EventCount(second, Event(1).Kind, 2), new EventCount(second, DeliveryEventKind.Bounced, 1), new EventCount(second.AddSeconds(1), Event(1).Kind, 1)],
            counts.OrderBy(count => count.At).ThenByDescending(count => count.Count));
    }

    private DeliveryEvent Event(long sequence) => new()
    {
        Sequence = sequence,
        Kind = DeliveryEventKind.Delivered,
        At = Now,
        MessageId = QueueId.New(Now),
        Recipient = "user@example.net",
    };

    private async Task<IEnumerable<long>> SequencesAsync(EventFilter filter) =>
        (await Store.ListAsync(filter, None)).Select(stored => stored.Sequence);
}
