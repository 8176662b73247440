namespace Relay.Senders;

public interface ICredentialStore
{
    /// <summary>Grows when a credential was changed or removed, so that who remembers one knows when to look again. Cheap.</summary>
    int Version { get; }

    /// <summary>
    /// Adds and returns it with its id. A taken name fails with <see cref="DuplicateEntryException"/>: names of logins and tokens are
    /// unique per kind, names of API keys among those in force of their account.
    /// </summary>
    ValueTask<Credential> AddAsync(Credential credential, CancellationToken cancellationToken);

    ValueTask<Credential?> FindAsync(long id, CancellationToken cancellationToken);

    /// <summary>Finds a login or token. For API keys, whose names are not unique, see <see cref="FindKeyAsync"/>.</summary>
    ValueTask<Credential?> FindByNameAsync(CredentialKind kind, string name, CancellationToken cancellationToken);

    /// <summary>The account's API key of this name that is not revoked.</summary>
    ValueTask<Credential?> FindKeyAsync(long accountId, string name, CancellationToken cancellationToken);

    /// <summary>The account's API keys, revoked ones too, newest last.</summary>
    ValueTask<IReadOnlyList<Credential>> ListKeysAsync(long accountId, CancellationToken cancellationToken);

    /// <summary>Finds a key or token by its hash (lower-case hex SHA-256).</summary>
    ValueTask<Credential?> FindByVerifierAsync(string verifier, CancellationToken cancellationToken);

    /// <summary>Finds the login for which a client certificate stands.</summary>
    /// <param name="name">In the form of <see cref="CertificateName"/>.</param>
    ValueTask<Credential?> FindByCertificateAsync(string name, CancellationToken cancellationToken);

    /// <summary>From now on the certificate stands for this login. One that stands for a login already fails with <see cref="DuplicateEntryException"/>.</summary>
    ValueTask AddCertificateAsync(long id, string name, CancellationToken cancellationToken);

    /// <returns>False when it does not stand for this login.</returns>
    ValueTask<bool> RemoveCertificateAsync(long id, string name, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<Credential>> ListAsync(CredentialKind? kind, CancellationToken cancellationToken);

    /// <summary>Of one kind, with an id above <paramref name="after"/>, by id; of one account, or of all. Revoked ones too.</summary>
    ValueTask<IReadOnlyList<Credential>> PageAsync(CredentialKind kind, long? accountId, long after, int limit, CancellationToken cancellationToken);

    /// <summary>Replaces the verifier of an existing credential (password change, token rotation).</summary>
    ValueTask<bool> SetVerifierAsync(long id, string verifier, CancellationToken cancellationToken);

    ValueTask<bool> SetLimitsAsync(long id, SendLimits limits, CancellationToken cancellationToken);

    ValueTask<bool> SetDefaultsAsync(long id, MailDefaults defaults, CancellationToken cancellationToken);

    ValueTask<bool> RevokeAsync(long id, DateTimeOffset at, CancellationToken cancellationToken);

    ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken);

    /// <summary>Writes the gathered last-used marks; called about once a second.</summary>
    ValueTask MarkUsedAsync(IReadOnlyDictionary<long, DateTimeOffset> lastUsed, CancellationToken cancellationToken);
}
