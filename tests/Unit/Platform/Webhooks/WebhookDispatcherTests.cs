using Relay.Platform.Webhooks;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What goes to receivers that are well.</summary>
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

        await World.FinishedAsync(webhook, 1);
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
        await World.UntilAsync("all are sent", TimeSpan.FromSeconds(5), () => World.IsFinishedAsync(webhook, 4));

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
        await World.UntilAsync("it is sent", TimeSpan.FromSeconds(5), () => World.IsFinishedAsync(webhook, 1));

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
        await World.FinishedAsync(webhook, 5);
        Assert.Equal(5, World.Received.Count);
        World.Time.Advance(TimeSpan.FromSeconds(1));
        await World.FinishedAsync(webhook, 10);
        Assert.Equal(10, World.Received.Count);
        World.Time.Advance(TimeSpan.FromSeconds(1));
        await World.FinishedAsync(webhook, 12);
    }

    [Fact]
    public async Task A_replay_goes_out_again_with_the_same_id()
    {
        var webhook = await World.AddAsync();
        await World.MailAsync();
        await World.FinishedAsync(webhook, 1);
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
}
