using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Platform.Webhooks;

/// <summary>Keeps account of how webhooks are doing, and switches off those that fail for good. What it tells operators is on the status page.</summary>
internal sealed class WebhookHealth : IPlatformNotices
{
    /// <summary>A webhook none of whose calls succeeded for so long is switched off.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromHours(24);

    private readonly WebhookRegistry _webhooks;
    private readonly IWebhookPublisher _publisher;
    private readonly TimeProvider _time;
    private readonly ILogger<WebhookHealth> _log;

    public WebhookHealth(WebhookRegistry webhooks, IWebhookPublisher publisher, TimeProvider time, ILogger<WebhookHealth> log)
    {
        _webhooks = webhooks;
        _publisher = publisher;
        _time = time;
        _log = log;
    }

    public IReadOnlyList<string> Notices =>
    [
        .. _webhooks.All()
            .Where(webhook => webhook.Status == WebhookStatus.Error)
            .OrderBy(webhook => webhook.Id)
            .Take(20)
            .Select(webhook => string.Create(
                CultureInfo.InvariantCulture,
                $"webhook {PublicId.Text(webhook.Uid)} to {webhook.Url.Host} of account {webhook.AccountId} is switched off: {webhook.StatusReason}")),
    ];

    /// <param name="isGone">It answered 410: its owner wants no more calls.</param>
    public async ValueTask NoteAsync(Webhook webhook, WebhookTry tried, bool isGone, CancellationToken cancellationToken)
    {
        var known = _webhooks.Find(webhook.Id) ?? webhook;
        var isUnchanged = tried.IsSuccess ? known.FailingSince is null : known.FailingSince is { } since && tried.At - since < Patience && !isGone;
        if (isUnchanged || known.Status != WebhookStatus.Active)
        {
            return;
        }

        var wasSwitchedOff = false;
        var changed = await _webhooks.ChangeAsync(
            webhook.Id,
            stored =>
            {
                var next = Next(stored, tried, isGone);
                wasSwitchedOff = next is { Status: not WebhookStatus.Active } && stored.Status == WebhookStatus.Active;
                return next;
            },
            cancellationToken);
        if (wasSwitchedOff && changed is not null)
        {
            await TellAsync(changed, cancellationToken);
        }
    }

    private Webhook? Next(Webhook stored, WebhookTry tried, bool isGone)
    {
        if (stored.Status != WebhookStatus.Active)
        {
            return null;
        }

        if (tried.IsSuccess)
        {
            return stored.FailingSince is null ? null : stored with { FailingSince = null, UpdatedAt = _time.GetUtcNow() };
        }

        var failing = stored with { FailingSince = stored.FailingSince ?? tried.At, UpdatedAt = _time.GetUtcNow() };
        if (isGone)
        {
            return failing with { Status = WebhookStatus.Inactive, StatusReason = "it answered 410 Gone" };
        }

        return tried.At - failing.FailingSince >= Patience
            ? failing with { Status = WebhookStatus.Error, StatusReason = "no call succeeded for 24 hours; the last one: " + tried.Error }
            : failing;
    }

    private async ValueTask TellAsync(Webhook webhook, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        PlatformLog.WebhookSwitchedOff(_log, PublicId.Text(webhook.Uid), webhook.Url.Host, webhook.AccountId, webhook.StatusReason);
        try
        {
            await _publisher.PublishAsync(
                new WebhookNotice
                {
                    AccountId = webhook.AccountId,
                    Type = WebhookTypes.Disabled,
                    At = now,
                    ExceptWebhookId = webhook.Id,
                    Data = new JsonObject
                    {
                        ["id"] = PublicId.Text(webhook.Uid),
                        ["name"] = webhook.Name,
                        ["url"] = webhook.Url.AbsoluteUri,
                        ["status"] = WebhookAnswer.NameOf(webhook.Status),
                        ["reason"] = webhook.StatusReason,
                        ["occurredAt"] = WebhookPayload.Time(now),
                    },
                },
                cancellationToken);
        }
        catch (StoreUnavailableException trouble)
        {
            PlatformLog.WebhookNoticeLost(_log, trouble, PublicId.Text(webhook.Uid));
        }
    }
}

/// <summary>What operators should know of the platform, for the status page.</summary>
public interface IPlatformNotices
{
    /// <summary>Sentences, at most 20; empty when all is well.</summary>
    IReadOnlyList<string> Notices { get; }
}
