namespace Relay.Senders;

/// <summary>Makes, lists and revokes API keys, with an audit entry for each change.</summary>
public sealed class ApiKeyService(ICredentialStore store, IAuditStore audit, TimeProvider timeProvider)
{
    /// <summary>Makes a key; the clear text is returned once and kept nowhere.</summary>
    /// <exception cref="ArgumentException">Name, scopes or restrictions are not usable; the message is for people.</exception>
    /// <exception cref="DuplicateEntryException">The account has a key of this name in force.</exception>
    public async ValueTask<(Credential Credential, string ClearText)> CreateAsync(
        ApiKeyDraft draft, AuditActor actor, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow();
        CredentialRules.CheckKeyName(draft.Name);
        CredentialRules.CheckScopes(draft.Scopes, "full", "send", "read");
        CredentialRules.CheckRestrictions(draft.Restrictions, now);
        draft.Limits.Check();
        var clearText = ApiKeys.Generate();
        var credential = await store.AddAsync(
            new Credential
            {
                AccountId = draft.AccountId,
                Kind = CredentialKind.ApiKey,
                Name = draft.Name,
                Hint = ApiKeys.HintOf(clearText),
                Verifier = ApiKeys.Hash(clearText),
                Scopes = draft.Scopes,
                AllowedSenders = draft.Restrictions.AllowedSenders,
                AllowedNetworks = draft.Restrictions.AllowedNetworks,
                Limits = draft.Limits,
                CreatedAt = now,
                ExpiresAt = draft.Restrictions.ExpiresAt,
            },
            cancellationToken);
        await audit.AppendAsync(actor, timeProvider, "key.create", draft.Name, cancellationToken, draft.AccountId);
        return (credential, clearText);
    }

    /// <summary>The account's key of this name in force; null when there is none.</summary>
    public ValueTask<Credential?> FindAsync(long accountId, string name, CancellationToken cancellationToken) =>
        store.FindKeyAsync(accountId, name, cancellationToken);

    /// <summary>The account's key with this id, revoked or not; null when there is none.</summary>
    public async ValueTask<Credential?> FindAsync(long accountId, long id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { Kind: CredentialKind.ApiKey } key && key.AccountId == accountId ? key : null;

    /// <returns>False when it was revoked already.</returns>
    public async ValueTask<bool> RevokeAsync(Credential key, AuditActor actor, CancellationToken cancellationToken)
    {
        if (!await store.RevokeAsync(key.Id, timeProvider.GetUtcNow(), cancellationToken))
        {
            return false;
        }

        await audit.AppendAsync(actor, timeProvider, "key.revoke", key.Name, cancellationToken, key.AccountId);
        return true;
    }

    /// <exception cref="ArgumentException">A limit is negative.</exception>
    public async ValueTask<Credential> LimitAsync(Credential key, SendLimits limits, AuditActor actor, CancellationToken cancellationToken)
    {
        limits.Check();
        await store.SetLimitsAsync(key.Id, limits, cancellationToken);
        await audit.AppendAsync(actor, timeProvider, "key.limit", key.Name, cancellationToken, key.AccountId);
        return key with { Limits = limits };
    }

    /// <summary>Of one account, or of all; revoked ones too.</summary>
    public ValueTask<IReadOnlyList<Credential>> ListAsync(long? accountId, CancellationToken cancellationToken) =>
        accountId is { } id ? store.ListKeysAsync(id, cancellationToken) : store.ListAsync(CredentialKind.ApiKey, cancellationToken);

    /// <summary>Of one account, or of all, with an id above <paramref name="after"/>, oldest first; revoked ones too.</summary>
    public ValueTask<IReadOnlyList<Credential>> PageAsync(long? accountId, long after, int limit, CancellationToken cancellationToken) =>
        store.PageAsync(CredentialKind.ApiKey, accountId, after, limit, cancellationToken);
}

/// <summary>A key to be made.</summary>
/// <param name="Scopes"><c>full</c>, <c>send</c> or <c>read</c>; several are separated by a space.</param>
public sealed record ApiKeyDraft(string Name, string Scopes)
{
    public long AccountId { get; init; } = Account.Default.Id;

    public CredentialRestrictions Restrictions { get; init; } = CredentialRestrictions.None;

    public SendLimits Limits { get; init; } = SendLimits.Default;
}
