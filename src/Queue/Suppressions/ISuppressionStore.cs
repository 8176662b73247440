using Relay.Mail;

namespace Relay.Queue;

public interface ISuppressionStore
{
    /// <summary>True when entries stand under hashes of erased addresses; cheap to ask.</summary>
    bool HasErased => false;

    /// <summary>Those of the given addresses that are suppressed for the account. Addresses are compared without regard to case.</summary>
    ValueTask<IReadOnlyList<Suppression>> FindAsync(long accountId, IReadOnlyList<Mailbox> addresses, CancellationToken cancellationToken);

    /// <summary>Adds or replaces; returns false when an equal one stood already.</summary>
    ValueTask<bool> AddAsync(Suppression suppression, CancellationToken cancellationToken);

    ValueTask<bool> RemoveAsync(long accountId, string address, CancellationToken cancellationToken);

    /// <summary>By address, those behind <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<Suppression>> ListAsync(long accountId, string? after, int limit, CancellationToken cancellationToken);
}

/// <summary>An address we will not send to, and why.</summary>
public sealed record Suppression
{
    public long AccountId { get; init; } = 1;

    /// <summary>Address in lower case, domain as A-labels.</summary>
    public required string Address { get; init; }

    public required SuppressionReason Reason { get; init; }

    public string? Detail { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>The values are stored.</summary>
public enum SuppressionReason
{
    Manual = 0,
    HardBounce = 1,
    Complaint = 2,
    Unsubscribe = 3,
}
