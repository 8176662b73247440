using Relay.Platform.Webhooks;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class WebhookDispatcherTests : IAsyncLifetime
{
    private WebhookWorld World { get; set; } = null!;

    public async Task InitializeAsync()
    {
        World = await WebhookWorld.OpenAsync();
        await World.StartAsync();
    }

    public Task DisposeAsync() => World.DisposeAsync().AsTask();

    [Fact]
    public async Task Delivers_what_happened_with_valid_signatures_and_own_headers()
    {
        var webhook = await World.AddAsync(added => added with
        {
            HeaderNames = ["Authorization"],
            SealedHeaders = World.Secrets.SealHeaders(added.Uid, new Dictionary<string, string> { ["Authorization"] = "Bearer t0ken" }),
        });

        await World.MailAsync();

        await FinishedAsync(webhook, 1);
        var call = Assert.Single(World.Received);
        Assert.Equal(webhook.Url, call.Url);
        Assert.Equal("Bearer t0ken", WebhookWorld.Header(call, "Authorization"));
        var secret = Assert.Single(World.Secrets.OpenSecrets(webhook, World.Now));
        var id = WebhookWorld.Header(call, "webhook-id");
        Assert.Equal(id, WebhookWorld.Body(call).GetProperty("id").GetString());
        Assert.Equal(
            WebhookSigner.Standard(secret, id, WebhookWorld.Header(call, "webhook-timestamp"), call.Body.Span),
            WebhookWorld.Header(call, "webhook-signature"));
        Assert.Equal(
            WebhookSigner.Library(secret, WebhookWorld.Header(call, "X-UseSend-Timestamp"), call.Body.Span),
            WebhookWorld.Header(call, "X-UseSend-Signature"));
        var delivery = Assert.Single(await World.LogAsync(webhook));
        Assert.Equal(WebhookDeliveryStatus.Succeeded, delivery.Status);
        Assert.Equal(204, delivery.LastTry!.ResponseStatus);
        Assert.Equal("said", System.Text.Encoding.UTF8.GetString(delivery.LastTry.ResponseBody.Span));
        Assert.Contains("webhook-id: " + id, delivery.LastTry.RequestHeaders, StringComparison.Ordinal);
        Assert.Contains("Authorization: ********", delivery.LastTry.RequestHeaders, StringComparison.Ordinal);
        Assert.DoesNotContain("t0ken", delivery.LastTry.RequestHeaders, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_call_is_repeated_with_the_same_id_until_it_succeeds()
    {
        var webhook = await World.AddAsync();
        World.Receiver = _ => WebhookWorld.Status(World.Received.Count < 4 ? 500 : 200);

        await World.MailAsync();
        await World.UntilAsync("the fourth call succeeded", TimeSpan.FromSeconds(10), () => IsFinishedAsync(webhook, 1));

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
                (await ListAsync(webhook, WebhookDeliveryStatus.Pending)).All(delivery => delivery.Type == "email.complained"));
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
        await FinishedAsync(other, 1);
        await World.HappensAsync(id, DeliveryEventKind.Delivered);
        World.Time.Advance(TimeSpan.FromHours(10));

        Assert.Contains("webhook.disabled", World.ReceivedTypes);
        Assert.Contains("dead", World.Received.Single(call => call.Url == other.Url).Body.Span.ToText(), StringComparison.Ordinal);
        Assert.Contains("24 hours", World.Current(webhook).StatusReason, StringComparison.Ordinal);
        Assert.Contains(PublicId.Text(webhook.Uid), Assert.Single(World.Health.Notices), StringComparison.Ordinal);
        Assert.Equal(3, (await World.LogAsync(webhook)).Count(delivery => delivery.Status == WebhookDeliveryStatus.Pending));

        World.Receiver = _ => WebhookWorld.Status(200);
        await World.Service.ResumeAsync(Caller(), World.Current(webhook), default);

        await World.UntilAsync("all are sent", TimeSpan.FromSeconds(1), () => IsFinishedAsync(webhook, 3));
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
        await World.UntilAsync("it is sent", TimeSpan.FromSeconds(20), () => IsFinishedAsync(webhook, 1));

        Assert.Equal(2, World.Received.Count);
        Assert.True(World.Now - begin >= TimeSpan.FromMinutes(7));
    }

    [Fact]
    public async Task An_ordered_webhook_hears_of_a_message_in_order_even_after_a_crash()
    {
        var webhook = await World.AddAsync(added => added with { Ordered = true });
        World.Receiver = _ => WebhookWorld.Status(500);
        var id = await World.MailAsync();
        await World.HappensAsync(id, DeliveryEventKind.Delivered);
        await World.HappensAsync(id, DeliveryEventKind.Opened);
        await World.ReceivesAsync(1);
        await Poll.UntilAsync("the failure is noted", async () => (await World.LogAsync(webhook))[^1].Attempts == 1);
        Assert.Equal(["email.queued"], World.ReceivedTypes.Distinct());

        await World.RestartAsync();
        World.Receiver = _ => WebhookWorld.Status(World.Received.Count % 2 == 0 ? 500 : 200);
        await World.UntilAsync("all are sent", TimeSpan.FromSeconds(5), () => IsFinishedAsync(webhook, 4));

        var order = World.ReceivedTypes.ToList();
        string[] told = ["email.queued", "email.sent", "email.delivered", "email.opened"];
        Assert.Equal(told, order.Distinct());
        Assert.Equal(order.OrderBy(type => Array.IndexOf(told, type)), order);
    }

    [Fact]
    public async Task Messages_do_not_wait_for_each_other_at_an_ordered_webhook()
    {
        var webhook = await World.AddAsync(added => added with { Ordered = true });
        string? refused = null;
        World.Receiver = call => WebhookWorld.Status(WebhookWorld.Body(call).GetProperty("data").GetProperty("id").GetString() == refused ? 500 : 200);
        var stuck = await World.MailAsync(message =>
        {
            refused = message.Id.ToString();
            return message;
        });
        var other = await World.MailAsync();
        await World.HappensAsync(stuck, DeliveryEventKind.Opened);
        await World.HappensAsync(other, DeliveryEventKind.Opened);

        await World.UntilAsync("the other message is told", TimeSpan.FromSeconds(1), async () =>
            (await World.LogAsync(webhook)).Count(delivery => delivery.MessageId == other && delivery.Status == WebhookDeliveryStatus.Succeeded) == 2);

        Assert.Equal(2, (await World.LogAsync(webhook)).Count(delivery => delivery.MessageId == stuck && delivery.Status == WebhookDeliveryStatus.Pending));
    }

    [Fact]
    public async Task What_was_under_way_when_the_server_ended_goes_out_again()
    {
        var webhook = await World.AddAsync();
        var never = new TaskCompletionSource<WebhookReply>();
        World.Receiver = _ => never.Task;
        await World.MailAsync();
        await World.ReceivesAsync(1);

        await World.RestartAsync();
        World.Receiver = _ => WebhookWorld.Status(200);
        await World.UntilAsync("it is sent", TimeSpan.FromSeconds(5), () => IsFinishedAsync(webhook, 1));

        Assert.Single(World.Received.Select(call => WebhookWorld.Header(call, "webhook-id")).Distinct());
    }

    [Fact]
    public async Task Keeps_to_the_rate_of_the_webhook()
    {
        var webhook = await World.AddAsync(added => added with { RateLimit = 5, Events = ["email.opened"] });
        var id = await World.MailAsync();
        for (var i = 0; i < 12; i++)
        {
            await World.Stores.Outbox.AppendAsync([new DeliveryEvent { Kind = DeliveryEventKind.Opened, At = World.Now, MessageId = id, Recipient = "user@example.net" }]);
        }

        await World.PumpAsync();
        await FinishedAsync(webhook, 5);
        Assert.Equal(5, World.Received.Count);
        World.Time.Advance(TimeSpan.FromSeconds(1));
        await FinishedAsync(webhook, 10);
        Assert.Equal(10, World.Received.Count);
        World.Time.Advance(TimeSpan.FromSeconds(1));
        await FinishedAsync(webhook, 12);
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
        await FinishedAsync(good, 1);
        for (var i = 0; i < 50; i++)
        {
            await World.AddAsync(added => added with { Events = ["email.opened"] });
        }

        World.Receiver = call => call.Url == good.Url ? WebhookWorld.Status(200) : never.Task;
        for (var i = 0; i < 5; i++)
        {
            await World.HappensAsync(id, DeliveryEventKind.Opened);
        }

        await FinishedAsync(good, 6);
        Assert.True(World.InFlight <= WebhookDispatcher.MaxUnprovenCalls);
    }

    [Fact]
    public async Task A_replay_goes_out_again_with_the_same_id()
    {
        var webhook = await World.AddAsync();
        await World.MailAsync();
        await FinishedAsync(webhook, 1);
        var delivery = (await World.LogAsync(webhook))[0];

        var replay = new WebhookReplay { WebhookId = webhook.Id, IsOrdered = false, Uid = delivery.Uid, Limit = 1 };
        Assert.Equal(1, await World.Service.ReplayAsync(Caller(), webhook, replay, default));

        await World.ReceivesAsync(2);
        Assert.Single(World.Received.Select(call => WebhookWorld.Header(call, "webhook-id")).Distinct());
        Assert.Single(World.Received.Select(call => WebhookWorld.Header(call, "X-UseSend-Call")).Distinct());
        await Poll.UntilAsync("it is noted", async () => (await World.LogAsync(webhook))[0] is { Attempts: 2, Status: WebhookDeliveryStatus.Succeeded });
    }

    [Fact]
    public async Task Both_secrets_sign_for_a_day_after_a_rotation()
    {
        var webhook = await World.AddAsync();
        var old = World.Secrets.OpenSecrets(webhook, World.Now)[0];
        var rotated = (await World.Service.RotateSecretAsync(Caller(), webhook, default))!;
        var id = await World.MailAsync();
        await World.ReceivesAsync(1);
        World.Time.Advance(TimeSpan.FromHours(25));
        await World.HappensAsync(id, DeliveryEventKind.Opened);
        await World.ReceivesAsync(2);

        var both = World.Received[0];
        string Expected(WebhookRequest call, string secret) => WebhookSigner.Standard(
            secret, WebhookWorld.Header(call, "webhook-id"), WebhookWorld.Header(call, "webhook-timestamp"), call.Body.Span);
        Assert.Equal($"{Expected(both, rotated.Secret!)} {Expected(both, old)}", WebhookWorld.Header(both, "webhook-signature"));
        Assert.Equal(Expected(World.Received[1], rotated.Secret!), WebhookWorld.Header(World.Received[1], "webhook-signature"));
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
        await FinishedAsync(webhook, 1);

        Assert.Equal(1, calls);
        Assert.Single(await World.LogAsync(webhook));
    }

    [Fact]
    public async Task A_test_calls_at_once_and_is_in_the_log_but_never_repeated()
    {
        var webhook = await World.AddAsync(added => added with { Status = WebhookStatus.Error, Events = ["email.opened"] });
        World.Receiver = _ => WebhookWorld.Status(500);

        var delivery = await World.Tester.TestAsync(webhook, default);
        World.Time.Advance(TimeSpan.FromHours(1));

        Assert.Equal("webhook.test", Assert.Single(World.ReceivedTypes));
        Assert.Equal(WebhookDeliveryStatus.Failed, delivery!.Status);
        Assert.Equal(500, delivery.LastTry!.ResponseStatus);
        Assert.Equal(delivery.Uid, Assert.Single(await World.LogAsync(webhook)).Uid);
        Assert.Equal(WebhookStatus.Error, World.Current(webhook).Status);
    }

    private static Platform.ApiCaller Caller() => WebhookServiceTests.Caller();

    private Task FinishedAsync(Webhook webhook, int count) => Poll.UntilAsync($"{count} are finished", () => IsFinishedAsync(webhook, count));

    private async Task<bool> IsFinishedAsync(Webhook webhook, int count) =>
        (await World.LogAsync(webhook)).Count(delivery => delivery.Status == WebhookDeliveryStatus.Succeeded) == count;

    private Task<IReadOnlyList<WebhookDelivery>> FailedAsync(Webhook webhook) => ListAsync(webhook, WebhookDeliveryStatus.Failed);

    private async Task<IReadOnlyList<WebhookDelivery>> ListAsync(Webhook webhook, WebhookDeliveryStatus status) =>
        await World.Stores.WebhookDeliveries.ListAsync(new WebhookDeliveryFilter { WebhookId = webhook.Id, Status = status }, default);

    // Before the receiver answers: the dispatcher is in the midst of its round.
    private void RemoveNow(Webhook webhook) => World.Registry.RemoveAsync(webhook.Id, default).AsTask().GetAwaiter().GetResult();
}

internal static class WebhookBytes
{
    public static string ToText(this ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}
