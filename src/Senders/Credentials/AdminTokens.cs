namespace Relay.Senders;

/// <summary>The bootstrap admin token: the only secret that exists in clear, in the file the caller writes it to.</summary>
/// <remarks>
/// Made at the first start. It stays valid when its file is deleted; rotating is the way to a new one.
/// </remarks>
public sealed class AdminTokens(ICredentialStore store, IAuditStore audit, TimeProvider timeProvider)
{
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
}
