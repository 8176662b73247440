namespace Relay.Senders;

/// <summary>Tokens of operators. The bootstrap token is the only secret that exists in clear, in the file the caller writes it to.</summary>
/// <remarks>
/// The bootstrap token is made at the first start. It stays valid when its file is deleted; rotating is the way to a new one.
/// Others have a name and a role of their own and are shown once.
/// </remarks>
public sealed class AdminTokens(ICredentialStore store, IAuditStore audit, TimeProvider timeProvider)
{
    private const int MaxNameLength = 60;

    private static readonly string[] Roles = ["view", "operate", "admin"];

    /// <summary>Name of the bootstrap token.</summary>
    public const string BootstrapName = "bootstrap";

    /// <summary>Makes the token at the first start.</summary>
    /// <returns>The clear text to write to the file (mode 0600); null when there is a token already, revoked or not.</returns>
    public async ValueTask<string?> CreateFirstAsync(CancellationToken cancellationToken) =>
        await store.FindByNameAsync(CredentialKind.AdminToken, BootstrapName, cancellationToken) is null
            ? await RotateAsync(AuditActor.System, cancellationToken)
            : null;

    /// <summary>Replaces the token; the old one ends at once. Returns the new clear text.</summary>
    public async ValueTask<string> RotateAsync(AuditActor actor, CancellationToken cancellationToken)
    {
        var clearText = ApiKeys.GenerateAdminToken();
        var verifier = ApiKeys.Hash(clearText);
        var current = await store.FindByNameAsync(CredentialKind.AdminToken, BootstrapName, cancellationToken);
        if (current is { RevokedAt: null } && await store.SetVerifierAsync(current.Id, verifier, cancellationToken))
        {
            await audit.AppendAsync(actor, timeProvider, "token.rotate", BootstrapName, cancellationToken);
            return clearText;
        }

        // A revoked row cannot be revived, and its name is needed.
        if (current is not null)
        {
            await store.RemoveAsync(current.Id, cancellationToken);
        }

        await store.AddAsync(
            new Credential
            {
                Kind = CredentialKind.AdminToken,
                Name = BootstrapName,
                Verifier = verifier,
                Scopes = "admin",
                CreatedAt = timeProvider.GetUtcNow(),
            },
            cancellationToken);
        await audit.AppendAsync(actor, timeProvider, "token.create", BootstrapName, cancellationToken);
        return clearText;
    }

    /// <summary>The bootstrap token too, those with an id above <paramref name="after"/>, oldest first; revoked ones too.</summary>
    public ValueTask<IReadOnlyList<Credential>> PageAsync(long after, int limit, CancellationToken cancellationToken) =>
        store.PageAsync(CredentialKind.AdminToken, null, after, limit, cancellationToken);

    /// <summary>Makes a token; the clear text is shown once.</summary>
    /// <param name="role">view, operate or admin.</param>
    /// <exception cref="ArgumentException">Name or role is not allowed; the message says why.</exception>
    /// <exception cref="DuplicateEntryException">The name is taken.</exception>
    public async ValueTask<string> CreateAsync(string name, string role, DateTimeOffset? expiresAt, AuditActor actor, CancellationToken cancellationToken)
    {
        if (name.Length is 0 or > MaxNameLength || name.Any(char.IsControl) || name.Trim() != name)
        {
            throw new ArgumentException($"name: 1 to {MaxNameLength} characters without control characters or spaces at the ends");
        }

        if (!Roles.Contains(role, StringComparer.Ordinal))
        {
            throw new ArgumentException($"role: '{role}' is none of: {string.Join(", ", Roles)}");
        }

        if (expiresAt <= timeProvider.GetUtcNow())
        {
            throw new ArgumentException("expiresAt: lies in the past");
        }

        // The name of a revoked one is free again.
        if (await store.FindByNameAsync(CredentialKind.AdminToken, name, cancellationToken) is { RevokedAt: not null } revoked)
        {
            await store.RemoveAsync(revoked.Id, cancellationToken);
        }

        var clearText = ApiKeys.GenerateAdminToken();
        await store.AddAsync(
            new Credential
            {
                Kind = CredentialKind.AdminToken,
                Name = name,
                Hint = ApiKeys.HintOf(clearText),
                Verifier = ApiKeys.Hash(clearText),
                Scopes = role,
                ExpiresAt = expiresAt,
                CreatedAt = timeProvider.GetUtcNow(),
            },
            cancellationToken);
        await audit.AppendAsync(actor, timeProvider, "token.create", name, cancellationToken);
        return clearText;
    }

    /// <summary>Ends a token at once; false when there is none of that name in force.</summary>
    public async ValueTask<bool> RevokeAsync(string name, AuditActor actor, CancellationToken cancellationToken)
    {
        if (await store.FindByNameAsync(CredentialKind.AdminToken, name, cancellationToken) is not { RevokedAt: null } token
            || !await store.RevokeAsync(token.Id, timeProvider.GetUtcNow(), cancellationToken))
        {
            return false;
        }

        await audit.AppendAsync(actor, timeProvider, "token.revoke", name, cancellationToken);
        return true;
    }
}
