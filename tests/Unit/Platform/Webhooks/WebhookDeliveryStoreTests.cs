using Relay.Platform.Webhooks;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What the log of deliveries promises, proven on the real store.</summary>
public sealed class WebhookDeliveryStoreTests : IAsyncLifetime
{
    private const long Hook = 11;
    private static readonly HashSet<long> Nothing = [];

    private WebhookWorld World { get; set; } = null!;

    private IWebhookDeliveryStore Store => World.Stores.WebhookDeliveries;

    public async Task InitializeAsync() => World = await WebhookWorld.OpenAsync();

    public Task DisposeAsync() => World.DisposeAsync().AsTask();

    [Fact]
    public async Task Begins_with_no_cursor() => Assert.Equal(0, await Store.CursorAsync(default));

    [Fact]
    public async Task Adds_what_is_behind_the_cursor_and_nothing_twice()
    {
        await Store.FollowAsync([Draft(3), Draft(3), Draft(4)], 5, default);
        await Store.FollowAsync([Draft(4), Draft(5), Draft(6)], 6, default);

        Assert.Equal(6, await Store.CursorAsync(default));
        Assert.Equal(4, (await ListAsync()).Count);
    }

    [Fact]
    public async Task Gives_what_is_due_in_order_with_the_time_of_the_rest()
    {
        await Store.FollowAsync([Draft(1), Draft(2), Draft(3)], 3, default);
        var first = (await Store.DueAsync(Hook, Nothing, 2, default)).Due;
        await Store.RecordAsync(first[0], Try("down"), World.Now.AddMinutes(5), default);

        var page = await Store.DueAsync(Hook, new HashSet<long> { first[1].Id }, 2, default);

        Assert.Single(page.Due);
        Assert.Equal(World.Now.AddMinutes(5), page.Next);
        Assert.Equal(World.Now, (await Store.DueAsync(Hook, Nothing, 1, default)).Next);
        Assert.Empty((await Store.DueAsync(99, Nothing, 10, default)).Due);
        World.Time.Advance(TimeSpan.FromMinutes(5));
        var again = (await Store.DueAsync(Hook, Nothing, 10, default)).Due.Single(due => due.Id == first[0].Id);
        Assert.Equal(1, again.Tries);
        Assert.Equal(first[0].EventUid, again.EventUid);
        Assert.Equal("{}"u8.ToArray(), again.Body.ToArray());
    }

    [Fact]
    public async Task Notes_the_last_try_and_counts_them_all()
    {
        await Store.FollowAsync([Draft(1)], 1, default);
        var due = (await Store.DueAsync(Hook, Nothing, 1, default)).Due[0];

        await Store.RecordAsync(due, Try("down"), World.Now.AddSeconds(5), default);
        await Store.RecordAsync(due, Try(null) with { ResponseStatus = 200, ResponseBody = "ok"u8.ToArray() }, null, default);
        await Store.RecordAsync(due, Try("too late"), World.Now, default);

        var delivery = (await Store.FindAsync(Hook, due.Uid, default))!;
        Assert.Equal((WebhookDeliveryStatus.Succeeded, 2), (delivery.Status, delivery.Attempts));
        Assert.Equal((200, null), (delivery.LastTry!.ResponseStatus, delivery.LastTry.Error));
        Assert.Equal("ok"u8.ToArray(), delivery.LastTry.ResponseBody.ToArray());
        Assert.Equal(World.Now, delivery.FinishedAt);
        Assert.Equal("{}"u8.ToArray(), delivery.Body.ToArray());
        Assert.Null(await Store.FindAsync(Hook + 1, due.Uid, default));
    }

    [Fact]
    public async Task Of_an_ordered_webhook_only_the_oldest_about_a_message_has_a_time()
    {
        var id = QueueId.New(World.Now);
        await Store.FollowAsync([Draft(1, id, ordered: true), Draft(2, id, ordered: true), Draft(3, QueueId.New(World.Now), ordered: true)], 3, default);

        var due = (await Store.DueAsync(Hook, Nothing, 10, default)).Due;
        Assert.Equal(2, due.Count);
        await Store.RecordAsync(due[0], Try("down"), World.Now.AddMinutes(1), default);
        Assert.Single((await Store.DueAsync(Hook, Nothing, 10, default)).Due);
        await Store.RecordAsync(due[0], Try("given up"), null, default);
        Assert.Equal(2, (await Store.DueAsync(Hook, Nothing, 10, default)).Due.Count);
    }

    [Fact]
    public async Task A_webhook_that_becomes_ordered_has_its_pending_ones_arranged_anew()
    {
        var id = QueueId.New(World.Now);
        await Store.FollowAsync([Draft(1, id), Draft(2, id), Draft(3, id)], 3, default);
        Assert.Equal(3, (await Store.DueAsync(Hook, Nothing, 10, default)).Due.Count);

        await Store.HastenAsync(Hook, isOrdered: true, default);
        Assert.Single((await Store.DueAsync(Hook, Nothing, 10, default)).Due);
        await Store.HastenAsync(Hook, isOrdered: false, default);
        Assert.Equal(3, (await Store.DueAsync(Hook, Nothing, 10, default)).Due.Count);
    }

    [Fact]
    public async Task Lists_newest_first_by_each_condition_and_in_pages()
    {
        await Store.FollowAsync([Draft(1), Draft(2) with { Type = "email.opened" }], 2, default);
        World.Time.Advance(TimeSpan.FromMinutes(1));
        await Store.FollowAsync([Draft(3)], 3, default);
        var due = (await Store.DueAsync(Hook, Nothing, 10, default)).Due;
        await Store.RecordAsync(due[0], Try(null), null, default);
        await Store.RecordAsync(due[1], Try("down"), null, default);
        var all = await ListAsync();

        Assert.Equal(all.OrderByDescending(delivery => delivery.Id), all);
        Assert.Equal([all[2].Id], await IdsAsync(filter => filter with { Status = WebhookDeliveryStatus.Succeeded }));
        Assert.Equal([all[1].Id], await IdsAsync(filter => filter with { Status = WebhookDeliveryStatus.Failed }));
        Assert.Equal([all[0].Id], await IdsAsync(filter => filter with { Status = WebhookDeliveryStatus.Pending }));
        Assert.Equal([all[1].Id], await IdsAsync(filter => filter with { Type = "email.opened" }));
        Assert.Equal([all[0].Id], await IdsAsync(filter => filter with { From = World.Now }));
        Assert.Equal([all[1].Id, all[2].Id], await IdsAsync(filter => filter with { To = World.Now }));
        Assert.Equal([all[0].Id], await IdsAsync(filter => filter with { Limit = 1 }));
        Assert.Equal([all[1].Id], await IdsAsync(filter => filter with { Limit = 1, Before = all[0].Uid }));
    }

    [Fact]
    public async Task Replays_what_is_finished_bounded_and_by_condition()
    {
        await Store.FollowAsync([Draft(1), Draft(2), Draft(3)], 3, default);
        var due = (await Store.DueAsync(Hook, Nothing, 10, default)).Due;
        await Store.RecordAsync(due[0], Try(null), null, default);
        await Store.RecordAsync(due[1], Try("down"), null, default);
        var replay = new WebhookReplay { WebhookId = Hook, IsOrdered = false, Limit = 100 };

        Assert.Equal(1, await Store.ReplayAsync(replay with { FailedOnly = true }, default));
        Assert.Equal(0, await Store.ReplayAsync(replay with { FailedOnly = true }, default));
        Assert.Equal(0, await Store.ReplayAsync(replay with { To = World.Now }, default));
        Assert.Equal(0, await Store.ReplayAsync(replay with { Limit = 0 }, default));
        Assert.Equal(1, await Store.ReplayAsync(replay with { From = World.Now, To = World.Now.AddSeconds(1) }, default));
        Assert.Equal(3, (await Store.DueAsync(Hook, Nothing, 10, default)).Due.Count);
        Assert.Equal(3, (await Store.PendingAsync(default))[Hook]);
    }

    [Fact]
    public async Task Replays_of_an_ordered_webhook_keep_their_order()
    {
        var id = QueueId.New(World.Now);
        await Store.FollowAsync([Draft(1, id), Draft(2, id)], 2, default);
        foreach (var due in (await Store.DueAsync(Hook, Nothing, 10, default)).Due)
        {
            await Store.RecordAsync(due, Try("down"), null, default);
        }

        Assert.Equal(2, await Store.ReplayAsync(new WebhookReplay { WebhookId = Hook, IsOrdered = true, FailedOnly = true, Limit = 10 }, default));

        Assert.Single((await Store.DueAsync(Hook, Nothing, 10, default)).Due);
    }

    [Fact]
    public async Task Forgets_by_age_what_is_finished_or_belongs_to_webhooks_that_are_off_and_all_of_those_that_are_gone()
    {
        const long Off = 12;
        const long Gone = 13;
        await Store.FollowAsync([Draft(1), Draft(2), Draft(3, webhookId: Off), Draft(4, webhookId: Gone)], 4, default);
        await Store.RecordAsync((await Store.DueAsync(Hook, Nothing, 1, default)).Due[0], Try(null), null, default);
        var webhooks = new Dictionary<long, WebhookStatus> { [Hook] = WebhookStatus.Active, [Off] = WebhookStatus.Error };

        await Store.ApplyRetentionAsync(World.Now, webhooks, default);
        Assert.Equal((2, 1, 0), (await CountAsync(Hook), await CountAsync(Off), await CountAsync(Gone)));
        World.Time.Advance(TimeSpan.FromSeconds(1));
        await Store.ApplyRetentionAsync(World.Now, webhooks, default);

        Assert.Equal((1, 0, 0), (await CountAsync(Hook), await CountAsync(Off), await CountAsync(Gone)));
        Assert.Equal(1, await EventRowsAsync());
        Assert.Equal(4, await Store.CursorAsync(default));
    }

    private WebhookEventDraft Draft(long sequence, QueueId? id = null, bool ordered = false, long webhookId = Hook) => new()
    {
        AccountId = 1,
        Uid = Guid.CreateVersion7(World.Now),
        Sequence = sequence,
        Type = "email.sent",
        MessageId = id,
        Body = "{}"u8.ToArray(),
        Targets = [new WebhookTarget(webhookId, ordered)],
    };

    private WebhookTry Try(string? error) => new() { At = World.Now, Error = error, DurationMs = 3, RequestHeaders = "webhook-id: x\n" };

    private async Task<int> CountAsync(long webhookId) =>
        (await Store.ListAsync(new WebhookDeliveryFilter { WebhookId = webhookId }, default)).Count;

    private Task<IReadOnlyList<WebhookDelivery>> ListAsync() => Store.ListAsync(new WebhookDeliveryFilter { WebhookId = Hook }, default).AsTask();

    private async Task<IEnumerable<long>> IdsAsync(Func<WebhookDeliveryFilter, WebhookDeliveryFilter> change) =>
        (await Store.ListAsync(change(new WebhookDeliveryFilter { WebhookId = Hook }), default)).Select(delivery => delivery.Id);

    private async Task<long> EventRowsAsync() =>
        await World.Stores.History.Readers.ReadAsync(connection => connection.QueryInt64("SELECT count(*) FROM webhook_event"), default);
}
