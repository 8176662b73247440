namespace Relay.Senders;

/// <summary>Makes, lists and revokes API keys, with an audit entry for each change.</summary>
public sealed class ApiKeyService(ICredentialStore store, IAuditStore audit, TimeProvider timeProvider)
{
    /// <summary>Makes a key; the clear text is returned once and kept nowhere.</summary>
    /// <param name="scopes"><c>full</c>, <c>send</c> or <c>read</c>.</param>
    /// <exception cref="ArgumentException">Name, scopes or restrictions are not usable; the message is for people.</exception>
    /// <exception cref="DuplicateEntryException">The name is taken.</exception>
    public async ValueTask<(Credential Credential, string ClearText)> CreateAsync(
        string name, string scopes, CredentialRestrictions restrictions, AuditActor actor, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow();
        CredentialRules.CheckKeyName(name);
        CredentialRules.CheckScopes(scopes, "full", "send", "read");
        CredentialRules.CheckRestrictions(restrictions, now);
        var clearText = ApiKeys.Generate();
        var credential = await store.AddAsync(
            new Credential
            {
                Kind = CredentialKind.ApiKey,
                Name = name,
                Verifier = ApiKeys.Hash(clearText),
                Scopes = scopes,
                AllowedSenders = restrictions.AllowedSenders,
                AllowedNetworks = restrictions.AllowedNetworks,
                CreatedAt = now,
                ExpiresAt = restrictions.ExpiresAt,
            },
            cancellationToken);
        await audit.AppendAsync(actor, timeProvider, "key.create", name, cancellationToken);
        return (credential, clearText);
    }

    /// <returns>False when there is no such key.</returns>
    public async ValueTask<bool> RevokeAsync(string name, AuditActor actor, CancellationToken cancellationToken)
    {
        var credential = await store.FindByNameAsync(CredentialKind.ApiKey, name, cancellationToken);
        if (credential is null || !await store.RevokeAsync(credential.Id, timeProvider.GetUtcNow(), cancellationToken))
        {
            return false;
        }

        await audit.AppendAsync(actor, timeProvider, "key.revoke", name, cancellationToken);
        return true;
    }

    public ValueTask<IReadOnlyList<Credential>> ListAsync(CancellationToken cancellationToken) =>
        store.ListAsync(CredentialKind.ApiKey, cancellationToken);
}
