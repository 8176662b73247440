namespace Relay.Platform.Webhooks;

internal sealed class WebhookPublisher : IWebhookPublisher
{
    private readonly WebhookRegistry _webhooks;
    private readonly WebhookComposer _composer;
    private readonly IWebhookDeliveryStore _deliveries;
    private readonly WebhookSignals _signals;
    private readonly WebhookBacklog _backlog;

    public WebhookPublisher(
        WebhookRegistry webhooks, WebhookComposer composer, IWebhookDeliveryStore deliveries, WebhookSignals signals, WebhookBacklog backlog)
    {
        _webhooks = webhooks;
        _composer = composer;
        _deliveries = deliveries;
        _signals = signals;
        _backlog = backlog;
    }

    public async ValueTask PublishAsync(WebhookNotice notice, CancellationToken cancellationToken)
    {
        if (!WebhookTypes.IsKnown(notice.Type))
        {
            throw new ArgumentException($"there is no webhook type {notice.Type}", nameof(notice));
        }

        await _webhooks.LoadAsync(cancellationToken);
        WebhookTarget[] targets =
        [
            .. _composer.Targets(notice.AccountId, notice.Type, notice.At, filters => Matches(filters, notice))
                .Where(target => target.WebhookId != notice.ExceptWebhookId),
        ];
        if (targets.Length == 0)
        {
            return;
        }

        var uid = notice.Uid ?? Guid.CreateVersion7(notice.At);
        await _deliveries.AddAsync(
            new WebhookEventDraft
            {
                AccountId = notice.AccountId,
                Uid = uid,
                Type = notice.Type,
                Body = WebhookPayload.Write(uid, notice.Type, notice.At, notice.AccountId, json => notice.Data.WriteTo(json)),
                Targets = targets,
            },
            cancellationToken);
        foreach (var target in targets)
        {
            _backlog.Add(target.WebhookId, 1);
            _signals.Look(target.WebhookId);
        }
    }

    // What concerns no domain is nobody's to filter by it.
    private static bool Matches(WebhookFilters filters, WebhookNotice notice) =>
        (notice.Domain is null && notice.DomainId is null) || filters.Match(notice.Domain, notice.DomainId, message: null);
}
