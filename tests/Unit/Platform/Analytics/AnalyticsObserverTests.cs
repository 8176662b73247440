using Relay.Platform.Analytics;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class AnalyticsObserverTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(Counted.Noon);
    private readonly TemporaryStores _stores;

    public AnalyticsObserverTests() => _stores = new TemporaryStores(_time);

    public async Task InitializeAsync() => await _stores.OpenAsync();

    public Task DisposeAsync() => _stores.DeleteAsync();

    [Fact]
    public async Task Events_of_real_messages_count_under_their_domain_stream_and_tags()
    {
        var stores = _stores.Stores;
        var draft = Drafts.Message(_time.GetUtcNow(), RecipientState.Captured, "a@example.net", "b@example.net")
            .With(message => message with { FromDomain = "shop.example.com", Stream = MailStream.Broadcast, Tags = ["spring"] });
        draft = draft with
        {
            Events = [.. draft.Events, .. new[] { "a@example.net", "b@example.net" }.Select(address => new DeliveryEvent
            {
                Kind = DeliveryEventKind.Captured, At = _time.GetUtcNow(), MessageId = draft.Message.Id, Recipient = address,
            })],
        };
        await stores.Queue.EnqueueAsync([draft]);
        await stores.Outbox.AppendAsync(
        [
            new DeliveryEvent { Kind = DeliveryEventKind.Opened, At = _time.GetUtcNow(), MessageId = draft.Message.Id, Recipient = "a@example.net", IsMachine = false },
            new DeliveryEvent { Kind = DeliveryEventKind.Opened, At = _time.GetUtcNow(), MessageId = QueueId.New(_time.GetUtcNow()), Recipient = "gone@example.net", IsMachine = true },
        ]);
        var observer = new AnalyticsObserver(stores.Analytics, stores.Queue);
        var events = await stores.Outbox.ReadAsync(await observer.CursorAsync(CancellationToken.None), 100, CancellationToken.None);

        await observer.ObserveAsync(events, CancellationToken.None);
        await observer.ObserveAsync(events, CancellationToken.None);

        Assert.Equal(events[^1].Sequence, await observer.CursorAsync(CancellationToken.None));
        var query = Counted.Query() with { Domain = "shop.example.com", Tag = "spring", Stream = MailStream.Broadcast };
        var counts = Assert.Single(await stores.Analytics.ReadAsync(query, CancellationToken.None)).Counts;
        Assert.Equal((2L, 1L, 1L), (counts[Counter.Sent], counts[Counter.Opened], counts[Counter.OpenedUnique]));
        var all = Assert.Single(await stores.Analytics.ReadAsync(Counted.Query(), CancellationToken.None)).Counts;
        Assert.Equal((2L, 2L, 1L), (all[Counter.Sent], all[Counter.Opened], all[Counter.OpenedUnique]));
    }
}
