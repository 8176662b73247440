namespace Relay.Senders;

public interface IDkimKeyStore
{
    /// <summary>Adds the keys in one transaction. A (domain, selector) that exists already fails with <see cref="DuplicateEntryException"/>.</summary>
    ValueTask AddAsync(IReadOnlyList<SealedDkimKey> keys, CancellationToken cancellationToken);

    /// <summary>All keys of a domain (A-label) in every state; of all domains when null.</summary>
    ValueTask<IReadOnlyList<SealedDkimKey>> ListAsync(string? domain, CancellationToken cancellationToken);

    /// <summary>Of a domain (A-label), or of all, with an id above <paramref name="after"/>, by id, in every state.</summary>
    ValueTask<IReadOnlyList<SealedDkimKey>> PageAsync(string? domain, long after, int limit, CancellationToken cancellationToken);

    ValueTask<bool> SetStateAsync(long id, DkimKeyState state, DateTimeOffset at, CancellationToken cancellationToken);
}
