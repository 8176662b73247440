using Relay.Queue;

namespace Relay.Platform.Webhooks;

/// <summary>Turns delivery events into deliveries to the webhooks that want to hear of them.</summary>
internal sealed class WebhookObserver : IEventObserver
{
    private readonly WebhookRegistry _webhooks;
    private readonly IWebhookDeliveryStore _deliveries;
    private readonly WebhookComposer _composer;
    private readonly WebhookSignals _signals;
    private readonly WebhookBacklog _backlog;

    public WebhookObserver(
        WebhookRegistry webhooks, IWebhookDeliveryStore deliveries, WebhookComposer composer, WebhookSignals signals, WebhookBacklog backlog)
    {
        _webhooks = webhooks;
        _deliveries = deliveries;
        _composer = composer;
        _signals = signals;
        _backlog = backlog;
    }

    public string Name => "webhooks";

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => _deliveries.CursorAsync(cancellationToken);

    public async ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        if (events.Count == 0)
        {
            return;
        }

        await _webhooks.LoadAsync(cancellationToken);
        var drafts = await _composer.ComposeAsync(events, cancellationToken);
        await _deliveries.FollowAsync(drafts, events[^1].Sequence, cancellationToken);
        foreach (var webhook in drafts.SelectMany(draft => draft.Targets).GroupBy(target => target.WebhookId))
        {
            _backlog.Add(webhook.Key, webhook.Count());
            _signals.Look(webhook.Key);
        }
    }
}
