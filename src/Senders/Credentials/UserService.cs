namespace Relay.Senders;

/// <summary>Makes and changes SMTP logins, with an audit entry for each change.</summary>
/// <remarks>The length of passwords is the operator's decision; only what cannot be typed or compared is refused.</remarks>
public sealed class UserService(ICredentialStore store, IAuditStore audit, TimeProvider timeProvider)
{
    /// <exception cref="ArgumentException">Name, password or restrictions are not usable; the message is for people.</exception>
    /// <exception cref="DuplicateEntryException">The name is taken.</exception>
    public async ValueTask<Credential> CreateAsync(
        string name, string password, CredentialRestrictions restrictions, AuditActor actor, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow();
        CredentialRules.CheckLogin(name);
        CredentialRules.CheckRestrictions(restrictions, now);
        var verifier = await CreateVerifierAsync(password, cancellationToken);
        var credential = await store.AddAsync(
            new Credential
            {
                Kind = CredentialKind.SmtpLogin,
                Name = name,
                Verifier = verifier,
                Scopes = "smtp",
                AllowedSenders = restrictions.AllowedSenders,
                AllowedNetworks = restrictions.AllowedNetworks,
                CreatedAt = now,
                ExpiresAt = restrictions.ExpiresAt,
            },
            cancellationToken);
        await audit.AppendAsync(actor, timeProvider, "user.create", name, cancellationToken);
        return credential;
    }

    /// <returns>False when there is no such login.</returns>
    /// <exception cref="ArgumentException">The password is not usable.</exception>
    public async ValueTask<bool> SetPasswordAsync(string name, string password, AuditActor actor, CancellationToken cancellationToken)
    {
        var verifier = await CreateVerifierAsync(password, cancellationToken);
        var credential = await store.FindByNameAsync(CredentialKind.SmtpLogin, name, cancellationToken);
        if (credential is null || !await store.SetVerifierAsync(credential.Id, verifier, cancellationToken))
        {
            return false;
        }

        await audit.AppendAsync(actor, timeProvider, "user.password", name, cancellationToken);
        return true;
    }

    /// <returns>Null when there is no such login.</returns>
    /// <exception cref="ArgumentException">A limit is negative.</exception>
    public async ValueTask<Credential?> LimitAsync(string name, SendLimits limits, AuditActor actor, CancellationToken cancellationToken)
    {
        limits.Check();
        var credential = await store.FindByNameAsync(CredentialKind.SmtpLogin, name, cancellationToken);
        if (credential is null || !await store.SetLimitsAsync(credential.Id, limits, cancellationToken))
        {
            return null;
        }

        await audit.AppendAsync(actor, timeProvider, "user.limit", name, cancellationToken);
        return credential with { Limits = limits };
    }

    /// <returns>Null when there is no such login.</returns>
    /// <exception cref="ArgumentException">Stream or tags are not usable; the message is for people.</exception>
    public async ValueTask<Credential?> SetDefaultsAsync(string name, MailDefaults defaults, AuditActor actor, CancellationToken cancellationToken)
    {
        CredentialRules.CheckDefaults(defaults);
        var credential = await store.FindByNameAsync(CredentialKind.SmtpLogin, name, cancellationToken);
        if (credential is null || !await store.SetDefaultsAsync(credential.Id, defaults, cancellationToken))
        {
            return null;
        }

        await audit.AppendAsync(actor, timeProvider, "user.defaults", name, cancellationToken);
        return credential with { Defaults = defaults };
    }

    /// <summary>From now on who shows this certificate is this login.</summary>
    /// <param name="certificate">A SHA-256 fingerprint or a subject.</param>
    /// <returns>Null when there is no such login.</returns>
    /// <exception cref="ArgumentException">It is neither, or the login has too many.</exception>
    /// <exception cref="DuplicateEntryException">It stands for a login already.</exception>
    public async ValueTask<Credential?> AddCertificateAsync(string name, string certificate, AuditActor actor, CancellationToken cancellationToken)
    {
        var normal = CredentialRules.CheckCertificate(certificate);
        if (await store.FindByNameAsync(CredentialKind.SmtpLogin, name, cancellationToken) is not { } credential)
        {
            return null;
        }

        CredentialRules.CheckCertificateCount(credential);
        await store.AddCertificateAsync(credential.Id, normal, cancellationToken);
        await audit.AppendAsync(actor, timeProvider, "user.certificate.add", name, cancellationToken);
        return credential with { Certificates = [.. credential.Certificates, normal] };
    }

    /// <returns>False when there is no such login, or the certificate does not stand for it.</returns>
    /// <exception cref="ArgumentException">It is neither a fingerprint nor a subject.</exception>
    public async ValueTask<bool> RemoveCertificateAsync(string name, string certificate, AuditActor actor, CancellationToken cancellationToken)
    {
        var normal = CredentialRules.CheckCertificate(certificate);
        if (await store.FindByNameAsync(CredentialKind.SmtpLogin, name, cancellationToken) is not { } credential
            || !await store.RemoveCertificateAsync(credential.Id, normal, cancellationToken))
        {
            return false;
        }

        await audit.AppendAsync(actor, timeProvider, "user.certificate.remove", name, cancellationToken);
        return true;
    }

    /// <returns>False when there is no such login.</returns>
    public async ValueTask<bool> RemoveAsync(string name, AuditActor actor, CancellationToken cancellationToken)
    {
        var credential = await store.FindByNameAsync(CredentialKind.SmtpLogin, name, cancellationToken);
        if (credential is null || !await store.RemoveAsync(credential.Id, cancellationToken))
        {
            return false;
        }

        await audit.AppendAsync(actor, timeProvider, "user.remove", name, cancellationToken);
        return true;
    }

    /// <summary>Those with an id above <paramref name="after"/>, oldest first.</summary>
    public ValueTask<IReadOnlyList<Credential>> PageAsync(long after, int limit, CancellationToken cancellationToken) =>
        store.PageAsync(CredentialKind.SmtpLogin, null, after, limit, cancellationToken);

    private static async Task<string> CreateVerifierAsync(string password, CancellationToken cancellationToken) =>
        (await Task.Run(() => ScramVerifier.Create(password), cancellationToken)).ToString();
}
