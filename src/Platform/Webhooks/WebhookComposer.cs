using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Queue;

namespace Relay.Platform.Webhooks;

/// <summary>Writes what webhooks are told of a batch of events.</summary>
/// <remarks>
/// 1. Which events does any webhook of the account want? 2. Facts of their messages, one read for the batch. 3. Per event and type: who of
/// them wants it, after filters; the body is written once for all. Without webhooks nothing is read.
/// </remarks>
internal sealed class WebhookComposer
{
    /// <summary>More recipients than these are not told of one message.</summary>
    private const int MaxRecipients = 100;

    /// <summary>A webhook that has so much waiting gets nothing more until some of it is gone.</summary>
    internal const int MaxPending = 100_000;

    private readonly WebhookRegistry _webhooks;
    private readonly IQueueStore _queue;
    private readonly WebhookBacklog _backlog;
    private readonly PlatformMetrics _metrics;
    private readonly ISenderDomains? _domains;

    /// <param name="domains">Gives messages the id of their domain; null where domains are not kept.</param>
    public WebhookComposer(
        WebhookRegistry webhooks, IQueueStore queue, WebhookBacklog backlog, PlatformMetrics metrics, ISenderDomains? domains = null)
    {
        _webhooks = webhooks;
        _queue = queue;
        _backlog = backlog;
        _metrics = metrics;
        _domains = domains;
    }

    public async ValueTask<IReadOnlyList<WebhookEventDraft>> ComposeAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        var wanted = events.Where(IsWanted).ToList();
        if (wanted.Count == 0)
        {
            return [];
        }

        var facts = await _queue.FactsAsync([.. wanted.Select(deliveryEvent => deliveryEvent.MessageId).Distinct()], cancellationToken);
        var domainIds = new Dictionary<(long, string), long?>();
        var drafts = new List<WebhookEventDraft>();
        foreach (var deliveryEvent in wanted)
        {
            var message = facts.GetValueOrDefault(deliveryEvent.MessageId);
            var domainId = await DomainIdAsync(deliveryEvent.AccountId, message?.FromDomain, domainIds, cancellationToken);
            var to = await RecipientsAsync(deliveryEvent, cancellationToken);
            drafts.AddRange(Drafts(deliveryEvent, new EmailFacts(message, to, domainId)));
        }

        return drafts;
    }

    /// <summary>Those of the account that want this type and are not choked by what they have waiting.</summary>
    public IReadOnlyList<WebhookTarget> Targets(long accountId, string type, DateTimeOffset at, Func<WebhookFilters, bool> matches)
    {
        var targets = new List<WebhookTarget>();
        foreach (var webhook in _webhooks.Of(accountId))
        {
            if (webhook.IsCollecting && webhook.CreatedAt <= at && webhook.Wants(type) && matches(webhook.Filters))
            {
                if (_backlog.Of(webhook.Id) < MaxPending)
                {
                    targets.Add(new WebhookTarget(webhook.Id, webhook.Ordered));
                }
                else
                {
                    _metrics.WebhookDropped();
                }
            }
        }

        return targets;
    }

    private bool IsWanted(DeliveryEvent deliveryEvent)
    {
        // Each event of the server comes by here, and few accounts have webhooks.
        if (_webhooks.Of(deliveryEvent.AccountId) is not { Count: > 0 } webhooks)
        {
            return false;
        }

        var types = WebhookTypes.Of(deliveryEvent);
        return webhooks.Any(webhook => webhook.IsCollecting && types.Any(type => webhook.Wants(type.Type)));
    }

    private IEnumerable<WebhookEventDraft> Drafts(DeliveryEvent deliveryEvent, EmailFacts facts)
    {
        foreach (var (type, status) in WebhookTypes.Of(deliveryEvent))
        {
            var targets = Targets(
                deliveryEvent.AccountId, type, deliveryEvent.At, filters => filters.Match(facts.Message?.FromDomain, facts.DomainId, facts.Message));
            if (targets.Count == 0)
            {
                continue;
            }

            var uid = Guid.CreateVersion7(deliveryEvent.At);
            yield return new WebhookEventDraft
            {
                AccountId = deliveryEvent.AccountId,
                Uid = uid,
                Sequence = deliveryEvent.Sequence,
                Type = type,
                MessageId = deliveryEvent.MessageId,
                Body = WebhookPayload.Write(
                    uid, type, deliveryEvent.At, deliveryEvent.AccountId, json => WebhookPayload.WriteEmail(json, facts, deliveryEvent, status)),
                Targets = targets,
            };
        }
    }

    private async ValueTask<IReadOnlyList<string>> RecipientsAsync(DeliveryEvent deliveryEvent, CancellationToken cancellationToken)
    {
        if (deliveryEvent.Recipient is { } recipient)
        {
            return [recipient];
        }

        var details = await _queue.FindAsync(deliveryEvent.MessageId, cancellationToken);
        return details is null ? [] : [.. details.Recipients.Take(MaxRecipients).Select(known => known.Address.ToString())];
    }

    private async ValueTask<long?> DomainIdAsync(
        long accountId, string? domain, Dictionary<(long, string), long?> known, CancellationToken cancellationToken)
    {
        if (_domains is null || domain is null || !DomainName.TryParse(domain, out var name))
        {
            return null;
        }

        if (!known.TryGetValue((accountId, domain), out var id))
        {
            id = (await _domains.FindAsync(accountId, name, cancellationToken))?.Id;
            known[(accountId, domain)] = id;
        }

        return id;
    }
}
