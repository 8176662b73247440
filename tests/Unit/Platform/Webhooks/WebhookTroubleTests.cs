using Relay.Platform.Webhooks;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Receivers that fail, hang, are switched off or taken away.</summary>
public sealed class WebhookTroubleTests : IAsyncLifetime
{
    private WebhookWorld World { get; set; } = null!;

    public async Task InitializeAsync()
    {
        World = await WebhookWorld.OpenAsync();
        await World.StartAsync();
    }

    public Task DisposeAsync() => World.DisposeAsync().AsTask();

    [Fact]
    public async Task A_failed_call_is_repeated_with_the_same_id_until_it_succeeds()
    {
        var webhook = await World.AddAsync();
        World.Receiver = _ => WebhookWorld.Status(World.Received.Count < 4 ? 500 : 200);

        await World.MailAsync();
        await World.UntilAsync("the fourth call succeeded", TimeSpan.FromSeconds(10), () => World.IsFinishedAsync(webhook, 1));

        Assert.Equal(4, World.Received.Count);
        Assert.Single(World.Received.Select(call => WebhookWorld.Header(call, "webhook-id")).Distinct());
        Assert.Equal(4, World.Received.Select(call => WebhookWorld.Header(call, "X-UseSend-Timestamp")).Distinct().Count());
        var delivery = Assert.Single(await World.LogAsync(webhook));
        Assert.Equal(WebhookDeliveryStatus.Succeeded, delivery.Status);
        Assert.Equal(4, delivery.Attempts);
        await Poll.UntilAsync("its success is noted", () => World.Current(webhook).FailingSince is null);
    }

    [Fact]
    public async Task A_call_that_always_fails_is_given_up_after_more_than_a_day_while_others_succeed()
    {
        var webhook = await World.AddAsync();
        World.Receiver = call => WebhookWorld.Status(WebhookWorld.Header(call, "X-UseSend-Event") == "email.complained" ? 500 : 200);
        var id = await World.MailAsync();
        await World.HappensAsync(id, DeliveryEventKind.Complained);
        var begin = World.Now;

        await World.UntilAsync("it is given up", TimeSpan.FromMinutes(45), async () =>
        {
            await World.HappensAsync(id, DeliveryEventKind.Opened);
            await Poll.UntilAsync("the others are sent", async () =>
                (await World.ListAsync(webhook, WebhookDeliveryStatus.Pending)).All(delivery => delivery.Type == "email.complained"));
            return (await FailedAsync(webhook)).Count == 1;
        });

        var failed = Assert.Single(await FailedAsync(webhook));
        Assert.Equal(WebhookBackOff.MaxTries, failed.Attempts);
        Assert.True(failed.LastTry!.At - begin > TimeSpan.FromHours(24));
        Assert.Contains("500", failed.LastTry.Error, StringComparison.Ordinal);
        Assert.Equal(WebhookStatus.Active, World.Current(webhook).Status);
    }

    [Fact]
    public async Task A_webhook_that_fails_for_a_day_is_switched_off_told_to_the_others_and_sends_what_waited_when_resumed()
    {
        var webhook = await World.AddAsync(added => added with { Name = "dead" });
        var other = await World.AddAsync(added => added with { Events = ["webhook.disabled"] });
        World.Receiver = call => WebhookWorld.Status(call.Url == webhook.Url ? 503 : 200);

        var id = await World.MailAsync();
        await World.UntilAsync("it is switched off", TimeSpan.FromMinutes(30), () => Task.FromResult(World.Current(webhook).Status == WebhookStatus.Error));
        await World.FinishedAsync(other, 1);
        await World.HappensAsync(id, DeliveryEventKind.Delivered);
        World.Time.Advance(TimeSpan.FromHours(10));

        Assert.Contains("webhook.disabled", World.ReceivedTypes);
        Assert.Contains("dead", World.Received.Single(call => call.Url == other.Url).Body.Span.ToText(), StringComparison.Ordinal);
        Assert.Contains("24 hours", World.Current(webhook).StatusReason, StringComparison.Ordinal);
        Assert.Contains(PublicId.Text(webhook.Uid), Assert.Single(World.Health.Notices), StringComparison.Ordinal);
        Assert.Equal(3, (await World.LogAsync(webhook)).Count(delivery => delivery.Status == WebhookDeliveryStatus.Pending));

        World.Receiver = _ => WebhookWorld.Status(200);
        await World.Service.ResumeAsync(Caller(), World.Current(webhook), default);

        await World.UntilAsync("all are sent", TimeSpan.FromSeconds(1), () => World.IsFinishedAsync(webhook, 3));
        Assert.Equal(WebhookStatus.Active, World.Current(webhook).Status);
        Assert.Null(World.Current(webhook).FailingSince);
        Assert.Empty(World.Health.Notices);
    }

    [Fact]
    public async Task Gone_switches_a_webhook_off_at_once()
    {
        var webhook = await World.AddAsync();
        World.Receiver = _ => WebhookWorld.Status(410);

        var id = await World.MailAsync();
        await Poll.UntilAsync("it is switched off", () => World.Current(webhook).Status == WebhookStatus.Inactive);
        await World.HappensAsync(id, DeliveryEventKind.Delivered);

        Assert.Contains("410", World.Current(webhook).StatusReason, StringComparison.Ordinal);
        Assert.Single(await World.LogAsync(webhook));
    }

    [Fact]
    public async Task Waits_as_long_as_the_receiver_asks()
    {
        var webhook = await World.AddAsync();
        World.Receiver = _ => World.Received.Count == 1 ? WebhookWorld.Status(429, TimeSpan.FromMinutes(7)) : WebhookWorld.Status(200);
        var begin = World.Now;

        await World.MailAsync();
        await World.ReceivesAsync(1);
        await Poll.UntilAsync("the refusal is noted", async () => (await World.LogAsync(webhook))[0].Attempts == 1);
        Assert.True((await World.LogAsync(webhook))[0].NextTryAt >= begin.AddMinutes(7));
        await World.UntilAsync("it is sent", TimeSpan.FromSeconds(20), () => World.IsFinishedAsync(webhook, 1));

        Assert.Equal(2, World.Received.Count);
        Assert.True(World.Now - begin >= TimeSpan.FromMinutes(7));
    }

    [Fact]
    public async Task One_receiver_that_hangs_among_a_hundred_delays_nobody()
    {
        var never = new TaskCompletionSource<WebhookReply>();
        var webhooks = new List<Webhook>();
        for (var i = 0; i < 100; i++)
        {
            webhooks.Add(await World.AddAsync(added => added with { Events = ["email.opened"] }));
        }

        var dead = webhooks[0];
        World.Receiver = call => call.Url == dead.Url ? never.Task : WebhookWorld.Status(200);
        var id = await World.MailAsync();
        var opened = new DeliveryEvent { Kind = DeliveryEventKind.Opened, At = World.Now, MessageId = id, Recipient = "user@example.net" };
        await World.Stores.Outbox.AppendAsync([.. Enumerable.Repeat(opened, 20)]);

        await World.PumpAsync();
        await World.ReceivesAsync((99 * 20) + 1);

        Assert.Single(World.Received, call => call.Url == dead.Url);
        Assert.Equal(99, World.Received.Where(call => call.Url != dead.Url).GroupBy(call => call.Url).Count(calls => calls.Count() == 20));
        Assert.True(World.MostInFlight <= WebhookDispatcher.MaxCalls);
        await Poll.UntilAsync("only the dead one's call is under way", () => World.InFlight == 1);
    }

    [Fact]
    public async Task Receivers_that_hang_leave_room_however_many_they_are()
    {
        var never = new TaskCompletionSource<WebhookReply>();
        var good = await World.AddAsync(added => added with { Events = ["email.opened"] });
        var id = await World.MailAsync();
        await World.HappensAsync(id, DeliveryEventKind.Opened);
        await World.FinishedAsync(good, 1);
        for (var i = 0; i < 50; i++)
        {
            await World.AddAsync(added => added with { Events = ["email.opened"] });
        }

        World.Receiver = call => call.Url == good.Url ? WebhookWorld.Status(200) : never.Task;
        for (var i = 0; i < 5; i++)
        {
            await World.HappensAsync(id, DeliveryEventKind.Opened);
        }

        await World.FinishedAsync(good, 6);
        Assert.True(World.InFlight <= WebhookDispatcher.MaxUnprovenCalls);
    }

    [Fact]
    public async Task A_webhook_that_is_deleted_is_called_no_more_and_its_log_goes_with_the_next_sweep()
    {
        var webhook = await World.AddAsync();
        World.Receiver = _ => WebhookWorld.Status(500);
        await World.MailAsync();
        await World.ReceivesAsync(1);
        await Poll.UntilAsync("the failure is noted", async () => (await World.LogAsync(webhook))[0].Attempts == 1);

        await World.Service.RemoveAsync(Caller(), webhook, default);
        World.Time.Advance(TimeSpan.FromHours(1));
        await World.Retention.SweepAsync(default);

        Assert.Single(World.Received);
        Assert.Empty(await World.LogAsync(webhook));
    }

    [Fact]
    public async Task A_webhook_that_is_deleted_while_another_is_called_is_called_no_more()
    {
        Webhook[] webhooks = [await World.AddAsync(), await World.AddAsync()];
        World.Receiver = _ => WebhookWorld.Status(500);
        await World.MailAsync();
        await Poll.UntilAsync("both failures are noted", () => webhooks.All(webhook => World.Current(webhook).FailingSince is not null));

        World.Receiver = call =>
        {
            RemoveNow(webhooks.Single(webhook => webhook.Url != call.Url));
            return WebhookWorld.Status(200);
        };
        await World.UntilAsync("one of them is called", TimeSpan.FromHours(1), () => Task.FromResult(World.Received.Count > 2));
        await World.MailAsync();
        await World.ReceivesAsync(4);

        Assert.Single(World.Received.Skip(2).Select(call => call.Url).Distinct());
    }

    [Fact]
    public async Task A_webhook_switched_off_by_its_owner_is_not_called_and_keeps_what_is_pending()
    {
        var webhook = await World.AddAsync();
        World.Receiver = _ => WebhookWorld.Status(500);
        var id = await World.MailAsync();
        await Poll.UntilAsync("the failure is noted", async () => (await World.LogAsync(webhook))[0].Attempts == 1);
        await World.Service.ChangeAsync(Caller(), webhook, new WebhookFields { Status = WebhookStatus.Inactive }, default);
        await World.HappensAsync(id, DeliveryEventKind.Opened);
        World.Time.Advance(TimeSpan.FromHours(1));
        var calls = World.Received.Count;

        World.Receiver = _ => WebhookWorld.Status(200);
        await World.Service.ChangeAsync(Caller(), webhook, new WebhookFields { Status = WebhookStatus.Active }, default);
        await World.FinishedAsync(webhook, 1);

        Assert.Equal(1, calls);
        Assert.Single(await World.LogAsync(webhook));
    }

    private static Platform.ApiCaller Caller() => WebhookServiceTests.Caller();

    private Task<IReadOnlyList<WebhookDelivery>> FailedAsync(Webhook webhook) => World.ListAsync(webhook, WebhookDeliveryStatus.Failed);

    // Before the receiver answers: the dispatcher is in the midst of its round.
    private void RemoveNow(Webhook webhook) => World.Registry.RemoveAsync(webhook.Id, default).AsTask().GetAwaiter().GetResult();
}

internal static class WebhookBytes
{
    public static string ToText(this ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}
