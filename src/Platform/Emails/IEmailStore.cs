using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>E-mails of the HTTP API. Thread safe.</summary>
public interface IEmailStore
{
    /// <summary>Stores e-mails, the messages that carry them and the key that makes the request repeatable: all in one transaction, or nothing.</summary>
    /// <returns>The tasks born leased, as <see cref="IQueueStore.EnqueueAsync"/> returns them.</returns>
    /// <exception cref="Senders.DuplicateEntryException">The idempotency key is in use; nothing was stored.</exception>
    /// <exception cref="StoreUnavailableException">Nothing was stored.</exception>
    ValueTask<IReadOnlyList<DeliveryTask>> CreateAsync(
        IReadOnlyList<Email> emails, IReadOnlyList<MessageDraft> drafts, IdempotencyEntry? idempotency);

    /// <summary>Null when the account has no such e-mail.</summary>
    ValueTask<Email?> FindAsync(long accountId, QueueId id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    ValueTask<EmailPage> ListAsync(EmailFilter filter, CancellationToken cancellationToken);

    /// <summary>Also an entry that is past its time and not yet deleted.</summary>
    ValueTask<IdempotencyEntry?> FindIdempotencyAsync(long accountId, string key, CancellationToken cancellationToken);

    /// <summary>The last event whose status is stored; 0 when none.</summary>
    ValueTask<long> StatusCursorAsync(CancellationToken cancellationToken);

    /// <summary>Applies the changes in order, those of other messages than e-mails in vain, and remembers how far they go.</summary>
    ValueTask ApplyStatusesAsync(IReadOnlyList<EmailStatusChange> changes, long through, CancellationToken cancellationToken);
}

/// <summary>Which e-mails of an account; conditions are joined by and.</summary>
public sealed record EmailFilter
{
    public required long AccountId { get; init; }

    /// <summary>Created then or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Created then or earlier.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Any of these; empty means any at all.</summary>
    public IReadOnlyList<long> DomainIds { get; init; } = [];

    /// <summary>From 1.</summary>
    public int Page { get; init; } = 1;

    public int Limit { get; init; } = 50;
}

/// <param name="Count">All that match, on whatever page.</param>
public sealed record EmailPage(IReadOnlyList<Email> Emails, long Count);

/// <summary>A request that may be repeated without sending again.</summary>
public sealed record IdempotencyEntry
{
    /// <summary>Repeated later than this, it is a new request.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    public required long AccountId { get; init; }

    public required string Key { get; init; }

    /// <summary>SHA-256 of the body in its canonical form.</summary>
    public required ReadOnlyMemory<byte> BodyDigest { get; init; }

    /// <summary>The e-mails it made, in their order.</summary>
    public required IReadOnlyList<QueueId> Ids { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <param name="IsReset">The status is set even where a higher one was reached.</param>
public sealed record EmailStatusChange(QueueId Id, EmailStatus Status, DateTimeOffset At, bool IsReset);
