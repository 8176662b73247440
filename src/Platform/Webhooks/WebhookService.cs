using Relay.Senders;

namespace Relay.Platform.Webhooks;

/// <summary>What owners may do with their webhooks, each act with its audit entry.</summary>
internal sealed class WebhookService
{
    public const int MaxPerAccount = 100;
    public const int MaxReplay = 10_000;

    /// <summary>The secret before a rotation signs beside the new one so long.</summary>
    public static readonly TimeSpan RotationGrace = TimeSpan.FromHours(24);

    private readonly WebhookRegistry _webhooks;
    private readonly IWebhookDeliveryStore _deliveries;
    private readonly WebhookSecrets _secrets;
    private readonly WebhookTargets _targets;
    private readonly WebhookSignals _signals;
    private readonly WebhookBacklog _backlog;
    private readonly IAuditStore _audit;
    private readonly TimeProvider _time;

    public WebhookService(
        WebhookRegistry webhooks,
        IWebhookDeliveryStore deliveries,
        WebhookSecrets secrets,
        WebhookTargets targets,
        WebhookSignals signals,
        WebhookBacklog backlog,
        IAuditStore audit,
        TimeProvider time)
    {
        _webhooks = webhooks;
        _deliveries = deliveries;
        _secrets = secrets;
        _targets = targets;
        _signals = signals;
        _backlog = backlog;
        _audit = audit;
        _time = time;
    }

    public IWebhookDeliveryStore Deliveries => _deliveries;

    public async ValueTask<IReadOnlyList<WebhookAnswer>> ListAsync(long accountId, CancellationToken cancellationToken)
    {
        await _webhooks.LoadAsync(cancellationToken);
        return [.. _webhooks.Of(accountId).Select(webhook => Answer(webhook))];
    }

    /// <summary>Null when the account has no such webhook.</summary>
    public async ValueTask<Webhook?> FindAsync(long accountId, string id, CancellationToken cancellationToken)
    {
        await _webhooks.LoadAsync(cancellationToken);
        return _webhooks.Find(accountId, id);
    }

    public WebhookAnswer Answer(Webhook webhook, string? secret = null) =>
        WebhookAnswer.Of(webhook, _backlog.Of(webhook.Id), _time.GetUtcNow(), secret);

    public async ValueTask<(WebhookAnswer? Answer, ApiFault? Fault)> CreateAsync(ApiCaller caller, WebhookFields fields, CancellationToken cancellationToken)
    {
        if (fields.Url is not { } url)
        {
            return (null, ApiFault.BadField("url", "is required"));
        }

        if (await _targets.FaultAsync(url, cancellationToken) is { } fault)
        {
            return (null, ApiFault.BadField("url", fault));
        }

        await _webhooks.LoadAsync(cancellationToken);
        var now = _time.GetUtcNow();
        var uid = Guid.CreateVersion7(now);
        var secret = WebhookSecrets.Generate();
        var webhook = WithHeaders(fields.ApplyTo(new Webhook
        {
            Uid = uid,
            AccountId = caller.AccountId,
            Url = url,
            Status = fields.Status ?? WebhookStatus.Active,
            SealedSecret = _secrets.SealSecret(uid, secret),
            CreatedAt = now,
            UpdatedAt = now,
        }), fields);
        if (await _webhooks.AddAsync(webhook, MaxPerAccount, cancellationToken) is not { } added)
        {
            return (null, ApiFault.Conflict($"an account may have {MaxPerAccount} webhooks; delete one first"));
        }

        await NoteAsync(caller, "webhook.create", added, 1, cancellationToken);
        return (Answer(added, secret), null);
    }

    public async ValueTask<(WebhookAnswer? Answer, ApiFault? Fault)> ChangeAsync(
        ApiCaller caller, Webhook webhook, WebhookFields fields, CancellationToken cancellationToken)
    {
        if (fields.Url is { } url && await _targets.FaultAsync(url, cancellationToken) is { } fault)
        {
            return (null, ApiFault.BadField("url", fault));
        }

        var now = _time.GetUtcNow();
        var changed = await _webhooks.ChangeAsync(
            webhook.Id, stored => WithStatus(WithHeaders(fields.ApplyTo(stored), fields), fields.Status) with { UpdatedAt = now }, cancellationToken);
        if (changed is null)
        {
            return (null, Unknown());
        }

        if (changed.Ordered != webhook.Ordered)
        {
            await _deliveries.HastenAsync(changed.Id, changed.Ordered, cancellationToken);
            _signals.Look(changed.Id);
        }

        await NoteAsync(caller, "webhook.change", changed, 1, cancellationToken);
        return (Answer(changed), null);
    }

    public async ValueTask RemoveAsync(ApiCaller caller, Webhook webhook, CancellationToken cancellationToken)
    {
        if (await _webhooks.RemoveAsync(webhook.Id, cancellationToken))
        {
            await NoteAsync(caller, "webhook.delete", webhook, 1, cancellationToken);
        }
    }

    /// <summary>Switches it on and sends at once what has waited.</summary>
    public async ValueTask<WebhookAnswer?> ResumeAsync(ApiCaller caller, Webhook webhook, CancellationToken cancellationToken)
    {
        await _deliveries.HastenAsync(webhook.Id, webhook.Ordered, cancellationToken);
        var now = _time.GetUtcNow();
        var resumed = await _webhooks.ChangeAsync(webhook.Id, stored => WithStatus(stored, WebhookStatus.Active) with { UpdatedAt = now }, cancellationToken);
        if (resumed is null)
        {
            return null;
        }

        await NoteAsync(caller, "webhook.resume", resumed, 1, cancellationToken);
        return Answer(resumed);
    }

    public async ValueTask<WebhookAnswer?> RotateSecretAsync(ApiCaller caller, Webhook webhook, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var secret = WebhookSecrets.Generate();
        var rotated = await _webhooks.ChangeAsync(
            webhook.Id,
            stored => stored with
            {
                SealedSecret = _secrets.SealSecret(stored.Uid, secret),
                SealedPreviousSecret = stored.SealedSecret,
                PreviousSecretUntil = now + RotationGrace,
                UpdatedAt = now,
            },
            cancellationToken);
        if (rotated is null)
        {
            return null;
        }

        await NoteAsync(caller, "webhook.rotate-secret", rotated, 1, cancellationToken);
        return Answer(rotated, secret);
    }

    public async ValueTask<int> ReplayAsync(ApiCaller caller, Webhook webhook, WebhookReplay replay, CancellationToken cancellationToken)
    {
        var count = await _deliveries.ReplayAsync(replay, cancellationToken);
        if (count > 0)
        {
            _backlog.Add(webhook.Id, count);
            _signals.Look(webhook.Id);
            await NoteAsync(caller, "webhook.replay", webhook, count, cancellationToken);
        }

        return count;
    }

    public static ApiFault Unknown() => ApiFault.NotFound("there is no such webhook");

    private Webhook WithHeaders(Webhook webhook, WebhookFields fields) => fields.Headers is not { } headers ? webhook : webhook with
    {
        HeaderNames = [.. headers.Keys],
        SealedHeaders = _secrets.SealHeaders(webhook.Uid, headers),
    };

    // Switching it on by hand forgives what was.
    private static Webhook WithStatus(Webhook webhook, WebhookStatus? status) => status switch
    {
        null => webhook,
        WebhookStatus.Active when webhook.Status == WebhookStatus.Active => webhook,
        _ => webhook with { Status = status.Value, StatusReason = null, FailingSince = null },
    };

    private ValueTask NoteAsync(ApiCaller caller, string action, Webhook webhook, int count, CancellationToken cancellationToken) =>
        _audit.AppendAsync(
            new AuditEntry
            {
                AccountId = caller.AccountId,
                At = _time.GetUtcNow(),
                Actor = caller.Actor,
                From = caller.ClientAddress,
                Action = action,
                Target = PublicId.Text(webhook.Uid),
                AffectedCount = count,
            },
            cancellationToken);
}
