using System.Text.Json.Nodes;

namespace Relay.Platform.Webhooks;

/// <summary>Calls a webhook at once, whatever its status, and answers how it went; noted in its log, never repeated.</summary>
internal sealed class WebhookTester(WebhookCaller caller, IWebhookDeliveryStore deliveries, TimeProvider time) : IDisposable
{
    /// <summary>Each keeps a request open for as long as a receiver may take.</summary>
    private const int MaxAtOnce = 8;

    private readonly SemaphoreSlim _slots = new(MaxAtOnce, MaxAtOnce);

    /// <summary>Null when too many tests are running.</summary>
    public async ValueTask<WebhookDelivery?> TestAsync(Webhook webhook, CancellationToken cancellationToken)
    {
        if (!await _slots.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            return null;
        }

        try
        {
            var now = time.GetUtcNow();
            var uid = Guid.CreateVersion7(now);
            var tested = Draft(webhook, uid, now);
            var call = new WebhookCall(uid, Guid.CreateVersion7(now), WebhookTypes.Test, tested.Body);
            var (tried, _) = await caller.TryAsync(webhook, call, cancellationToken);
            await deliveries.AddTriedAsync(tested, call.DeliveryUid, tried, CancellationToken.None);
            return await deliveries.FindAsync(webhook.Id, call.DeliveryUid, cancellationToken);
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose() => _slots.Dispose();

    private static WebhookEventDraft Draft(Webhook webhook, Guid uid, DateTimeOffset now)
    {
        var data = new JsonObject { ["test"] = true, ["webhookId"] = PublicId.Text(webhook.Uid), ["sentAt"] = WebhookPayload.Time(now) };
        return new WebhookEventDraft
        {
            AccountId = webhook.AccountId,
            Uid = uid,
            Type = WebhookTypes.Test,
            Body = WebhookPayload.Write(uid, WebhookTypes.Test, now, webhook.AccountId, json => data.WriteTo(json)),
            Targets = [new WebhookTarget(webhook.Id, IsOrdered: false)],
        };
    }
}
