namespace Relay.Senders;

public interface ICredentialStore
{
    /// <summary>Adds and returns it with its id. A taken (kind, name) fails with <see cref="DuplicateEntryException"/>.</summary>
    ValueTask<Credential> AddAsync(Credential credential, CancellationToken cancellationToken);

    ValueTask<Credential?> FindByNameAsync(CredentialKind kind, string name, CancellationToken cancellationToken);

    /// <summary>Finds a key or token by its hash (lower-case hex SHA-256).</summary>
    ValueTask<Credential?> FindByVerifierAsync(string verifier, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<Credential>> ListAsync(CredentialKind? kind, CancellationToken cancellationToken);

    /// <summary>Replaces the verifier of an existing credential (password change, token rotation).</summary>
    ValueTask<bool> SetVerifierAsync(long id, string verifier, CancellationToken cancellationToken);

    ValueTask<bool> RevokeAsync(long id, DateTimeOffset at, CancellationToken cancellationToken);

    ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken);

    /// <summary>Writes the gathered last-used marks; called about once a second.</summary>
    ValueTask MarkUsedAsync(IReadOnlyDictionary<long, DateTimeOffset> lastUsed, CancellationToken cancellationToken);
}
