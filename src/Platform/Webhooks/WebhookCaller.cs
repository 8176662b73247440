using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Relay.Platform.Webhooks;

/// <summary>Makes one call from beginning to end and notes how it went.</summary>
/// <remarks>
/// 1. Headers: our own, the owner's, the signatures of this moment. 2. Send. 3. Success, another try, or given up. 4. Note it; only now is it
/// done, so that a crash repeats the call and never loses it. 5. Note how the webhook is doing.
/// </remarks>
internal sealed class WebhookCaller
{
    /// <summary>Shown instead of what only the owner knows.</summary>
    public const string Masked = "********";
    private static readonly TimeSpan StoreRest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestAskedRest = TimeSpan.FromHours(1);

    private readonly IWebhookSender _sender;
    private readonly IWebhookDeliveryStore _deliveries;
    private readonly WebhookSecrets _secrets;
    private readonly WebhookHealth _health;
    private readonly WebhookBacklog _backlog;
    private readonly PlatformMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<WebhookCaller> _log;

    public WebhookCaller(
        IWebhookSender sender,
        IWebhookDeliveryStore deliveries,
        WebhookSecrets secrets,
        WebhookHealth health,
        WebhookBacklog backlog,
        PlatformMetrics metrics,
        TimeProvider time,
        ILogger<WebhookCaller> log)
    {
        _sender = sender;
        _deliveries = deliveries;
        _secrets = secrets;
        _health = health;
        _backlog = backlog;
        _metrics = metrics;
        _time = time;
        _log = log;
    }

    /// <summary>Tries a delivery that is due and notes the outcome; never throws.</summary>
    public async Task<WebhookVerdict> DeliverAsync(Webhook webhook, WebhookDue due, CancellationToken cancellationToken)
    {
        try
        {
            var (tried, reply) = await TryAsync(webhook, new WebhookCall(due.EventUid, due.Uid, due.Type, due.Body), cancellationToken);
            var verdict = Judge(due, tried, reply);
            await _deliveries.RecordAsync(due, tried, verdict.RetryAt, CancellationToken.None);
            Count(webhook, due, tried, verdict);
            await _health.NoteAsync(webhook, tried, reply.IsGone, CancellationToken.None);
            return verdict;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Unknown();
        }
#pragma warning disable CA1031 // one of the places where attempts end: whatever happened, the delivery stays pending and is tried again
        catch (Exception trouble)
#pragma warning restore CA1031
        {
            PlatformLog.WebhookCallFailed(_log, trouble, PublicId.Text(webhook.Uid));
            return Unknown();
        }
    }

    /// <summary>Makes the call and tells how it went, noting nothing.</summary>
    public async Task<(WebhookTry Tried, WebhookReply Reply)> TryAsync(Webhook webhook, WebhookCall call, CancellationToken cancellationToken)
    {
        var at = _time.GetUtcNow();
        var start = _time.GetTimestamp();
        var own = OwnHeaders(call, webhook, at);
        WebhookReply reply;
        string shown;
        try
        {
            var theirs = _secrets.OpenHeaders(webhook);
            var signatures = WebhookSigner.Headers(call, _secrets.OpenSecrets(webhook, at), at).ToList();
            shown = Show(own.Concat(signatures), theirs.Keys);
            reply = await _sender.SendAsync(new WebhookRequest(webhook.Url, [.. own, .. signatures, .. theirs], call.Body), cancellationToken);
        }
        catch (CryptographicException unreadable)
        {
            PlatformLog.WebhookSecretUnreadable(_log, unreadable, PublicId.Text(webhook.Uid));
            shown = Show(own, []);
            reply = new WebhookReply { Trouble = "the webhook's secret cannot be read; rotate it" };
        }

        var duration = _time.GetElapsedTime(start);
        _metrics.WebhookCalled(duration);
        return (new WebhookTry
        {
            At = at,
            ResponseStatus = reply.Status,
            ResponseBody = reply.Body,
            Error = reply.Error,
            DurationMs = (int)Math.Min(duration.TotalMilliseconds, int.MaxValue),
            RequestHeaders = shown,
        }, reply);
    }

    private static List<KeyValuePair<string, string>> OwnHeaders(WebhookCall call, Webhook webhook, DateTimeOffset at) =>
    [
        new("User-Agent", "relay-webhooks/" + WebhookPayload.Version),
        new("Date", at.ToString("r", System.Globalization.CultureInfo.InvariantCulture)),
    ];

    private static string Show(IEnumerable<KeyValuePair<string, string>> ours, IEnumerable<string> theirs)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in ours.Concat(theirs.Select(name => KeyValuePair.Create(name, Masked))))
        {
            text.Append(name).Append(": ").Append(value).Append('\n');
        }

        return text.ToString();
    }

    private WebhookVerdict Judge(WebhookDue due, WebhookTry tried, WebhookReply reply)
    {
        if (tried.IsSuccess)
        {
            return new WebhookVerdict(WebhookOutcome.Succeeded, null, null);
        }

        var now = _time.GetUtcNow();
        var wait = WebhookBackOff.Next(due.Tries + 1, reply.RetryAfter, RandomNumberGenerator.GetInt32(1000) / 1000.0);
        var rest = reply.RetryAfter > LongestAskedRest ? LongestAskedRest : reply.RetryAfter;
        return new WebhookVerdict(WebhookOutcome.Failed, now + wait, now + rest);
    }

    private void Count(Webhook webhook, WebhookDue due, WebhookTry tried, WebhookVerdict verdict)
    {
        _metrics.WebhookTried(tried.IsSuccess ? "succeeded" : verdict.RetryAt is null ? "given-up" : "retried");
        if (verdict.RetryAt is not null)
        {
            return;
        }

        _backlog.Add(webhook.Id, -1);
        if (!tried.IsSuccess)
        {
            PlatformLog.WebhookGivenUp(_log, PublicId.Text(due.Uid), PublicId.Text(webhook.Uid), due.Tries + 1);
        }
    }

    private WebhookVerdict Unknown()
    {
        var later = _time.GetUtcNow() + StoreRest;
        return new WebhookVerdict(WebhookOutcome.Unknown, later, later);
    }
}
