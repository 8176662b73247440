namespace Relay.Queue;

/// <summary>Addresses that are not sent to. Thread safe; what is added or removed counts from the moment the call returns.</summary>
public interface ISuppressionStore
{
    /// <summary>True when entries stand under hashes of erased addresses, or may; cheap to ask.</summary>
    bool HasErased => false;

    /// <summary>Which of the addresses must not be sent to, and why: at most one match for each, the widest scope first. Entries that have expired do not count.</summary>
    ValueTask<IReadOnlyList<SuppressionMatch>> FindAsync(SuppressionQuery query, CancellationToken cancellationToken);

    /// <summary>Adds or replaces the entry of this address and scope; returns false when an equal one stood already.</summary>
    /// <remarks>
    /// Equal is: the same reason, detail and expiry; when it was first noted then stays. A hard bounce never replaces a manual entry,
    /// a complaint or an unsubscription: what somebody said weighs more than what a host said.
    /// </remarks>
    ValueTask<bool> AddAsync(Suppression suppression, CancellationToken cancellationToken);

    /// <summary>Adds many as <see cref="AddAsync"/> does, in pieces behind all other work; returns how many changed something.</summary>
    ValueTask<int> AddRangeAsync(IReadOnlyList<Suppression> suppressions, CancellationToken cancellationToken);

    /// <summary>
    /// Takes notices from events, each once: those up to <paramref name="through"/> that were applied before change nothing.
    /// An entry is added when as many notices for its address as <see cref="SuppressionNotice.Threshold"/> came within the window.
    /// </summary>
    ValueTask ApplyAsync(IReadOnlyList<SuppressionNotice> notices, long through, CancellationToken cancellationToken);

    /// <summary>The last event sequence whose notices were applied; 0 before the first.</summary>
    ValueTask<long> CursorAsync(CancellationToken cancellationToken);

    /// <param name="scope">Null: in all scopes.</param>
    /// <returns>How many entries went.</returns>
    ValueTask<int> RemoveAsync(long accountId, string address, SuppressionScope? scope, CancellationToken cancellationToken);

    /// <summary>The entries of exactly this address or pattern, whatever their scope, and whether or not their time is over.</summary>
    ValueTask<IReadOnlyList<Suppression>> EntriesOfAsync(long accountId, string address, CancellationToken cancellationToken);

    /// <summary>By address, then scope, those behind the position given.</summary>
    ValueTask<IReadOnlyList<Suppression>> ListAsync(SuppressionListing listing, CancellationToken cancellationToken);

    /// <summary>Deletes entries and bounce counts whose time is over, at most <paramref name="limit"/>; returns how many.</summary>
    ValueTask<int> PruneAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);
}
