namespace Relay.Platform.Webhooks;

/// <summary>The log of deliveries, which is their queue as well. Every method that changes something returns when it is durable.</summary>
/// <remarks>Ordered webhooks: of what is pending about one message only the oldest has a time; the next gets its own when that one is finished.</remarks>
public interface IWebhookDeliveryStore
{
    /// <summary>The last event sequence that was dealt with; 0 when none.</summary>
    ValueTask<long> CursorAsync(CancellationToken cancellationToken);

    /// <summary>Adds what is behind the cursor and moves it, in one transaction: the same events again add nothing.</summary>
    ValueTask FollowAsync(IReadOnlyList<WebhookEventDraft> events, long through, CancellationToken cancellationToken);

    /// <summary>Adds an event that comes from no delivery event.</summary>
    ValueTask AddAsync(WebhookEventDraft published, CancellationToken cancellationToken);

    /// <summary>Adds an event with its only delivery, tried already: a test.</summary>
    ValueTask AddTriedAsync(WebhookEventDraft tested, Guid deliveryUid, WebhookTry tried, CancellationToken cancellationToken);

    /// <summary>What is due, without <paramref name="except"/>.</summary>
    ValueTask<WebhookDuePage> DueAsync(long webhookId, IReadOnlySet<long> except, int limit, CancellationToken cancellationToken);

    /// <summary>Notes how a try of a pending delivery went; nothing when it is not pending any more.</summary>
    /// <param name="retryAt">When to try again; null: it is finished.</param>
    ValueTask RecordAsync(WebhookDue due, WebhookTry tried, DateTimeOffset? retryAt, CancellationToken cancellationToken);

    /// <summary>Pending deliveries by webhook.</summary>
    ValueTask<IReadOnlyDictionary<long, long>> PendingAsync(CancellationToken cancellationToken);

    /// <summary>Newest first, without bodies.</summary>
    ValueTask<IReadOnlyList<WebhookDelivery>> ListAsync(WebhookDeliveryFilter filter, CancellationToken cancellationToken);

    ValueTask<WebhookDelivery?> FindAsync(long webhookId, Guid uid, CancellationToken cancellationToken);

    /// <summary>Makes finished deliveries pending again, oldest first, in small pieces.</summary>
    /// <returns>How many.</returns>
    ValueTask<int> ReplayAsync(WebhookReplay replay, CancellationToken cancellationToken);

    /// <summary>Makes everything pending due now, with a fresh schedule; in small pieces.</summary>
    ValueTask HastenAsync(long webhookId, bool isOrdered, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes what finished before <paramref name="before"/>; of webhooks that are not served also what has been pending since then; of
    /// webhooks that are gone everything.
    /// </summary>
    ValueTask ApplyRetentionAsync(DateTimeOffset before, IReadOnlyDictionary<long, WebhookStatus> webhooks, CancellationToken cancellationToken);
}

/// <summary>Conditions joined by and; null means any.</summary>
public sealed record WebhookDeliveryFilter
{
    public required long WebhookId { get; init; }

    public WebhookDeliveryStatus? Status { get; init; }

    public string? Type { get; init; }

    /// <summary>Created at or after it.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Created before it.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>From an earlier page: older than this delivery.</summary>
    public Guid? Before { get; init; }

    /// <summary>1–100.</summary>
    public int Limit { get; init; } = 50;
}

/// <summary>Which finished deliveries go out again.</summary>
public sealed record WebhookReplay
{
    public required long WebhookId { get; init; }

    public required bool IsOrdered { get; init; }

    /// <summary>This one alone.</summary>
    public Guid? Uid { get; init; }

    public bool FailedOnly { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public required int Limit { get; init; }
}
