using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Relay.Senders;

/// <summary>Checks what clients present at the doors: login and password, API key as password, bearer token. Thread safe.</summary>
/// <remarks>
/// Passwords: 1. A name or network that failed too often waits. 2. Find the login; an unknown one costs the same work
/// (a dummy verifier). 3. Believe a password verified from there a moment ago, else derive it on the thread pool, a few at a
/// time. 4. Revocation, expiry and allowed networks. Failures count against the network (one address, or an IPv6 /64) and against the
/// name. A login that succeeded from a network before is counted on its own there: strangers can neither lock it out nor
/// be hidden by it. Loopback is not counted as a network, because all local programs share it.
/// Keys and tokens cannot be guessed; they are always looked up, and a flood of wrong ones is merely told to wait.
/// </remarks>
public sealed class CredentialCheck : IDisposable
{
    /// <summary>The user name under which an API key works as password.</summary>
    public const string ApiKeyLogin = "apikey";

    private const int MaxNameLength = 255;
    private const int MaxSecretLength = 1024;
    private const int MaxRemembered = 10_000;

    private readonly ICredentialStore _store;
    private readonly TimeProvider _timeProvider;
    private readonly CredentialCheckOptions _options;
    private readonly AccountService? _accounts;
    private readonly FailureLimiter _failures;
    private readonly VerifiedPasswords _verified;
    private readonly SemaphoreSlim _verifications;
    private readonly byte[] _inventionKey = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
    private readonly ScramVerifier _dummy = ScramVerifier.Create(ApiKeys.Generate());
    private readonly BoundedTable<(int Version, Credential? Credential)> _inForce = new(MaxRemembered);
    private readonly BoundedTable<(int Version, Credential? Credential)> _byCertificate = new(MaxRemembered);
    private ConcurrentDictionary<long, DateTimeOffset> _lastUsed = new();
    private int _waiting;

    /// <param name="accounts">Null: no account is ever suspended.</param>
    public CredentialCheck(
        ICredentialStore store, TimeProvider timeProvider, CredentialCheckOptions? options = null, AccountService? accounts = null)
    {
        _accounts = accounts;
        _store = store;
        _timeProvider = timeProvider;
        _options = options ?? new CredentialCheckOptions();
        _failures = new FailureLimiter(timeProvider, _options);
        _verified = new VerifiedPasswords(timeProvider, _options);
        _verifications = new SemaphoreSlim(_options.MaxConcurrentVerifications);
    }

    /// <summary>Checks a user name and password (SMTP AUTH); <see cref="ApiKeyLogin"/> takes an API key with scope send or full.</summary>
    public async ValueTask<CredentialCheckResult> CheckPasswordAsync(
        string login, string password, IPAddress client, CancellationToken cancellationToken)
    {
        if (login == ApiKeyLogin)
        {
            return await CheckSecretAsync(password, client, key => MaySendOverSmtp(key) ? null : "not a key for sending", cancellationToken);
        }

        var name = login.Length <= MaxNameLength ? login : string.Empty;
        var pair = name + "\n" + NetworkOf(client);
        var counted = CountedKeys(name, client);
        if (Blocked(counted) is { } refusal)
        {
            return refusal;
        }

        var credential = await _store.FindByNameAsync(CredentialKind.SmtpLogin, name, cancellationToken);
        var isRemembered = credential is not null && _verified.IsRemembered(pair, password, credential.Verifier);
        if (!isRemembered && await VerifyAsync(credential, password, counted, cancellationToken) is { } failure)
        {
            return failure;
        }

        if (Unusable(credential!, client) is { } reason)
        {
            return Fail(counted, reason);
        }

        if (!isRemembered)
        {
            _verified.Remember(pair, password, credential!.Verifier);
            _failures.Forget("pair " + pair);
            _failures.Forget("name " + name);
        }

        return await AcceptAsync(credential!, cancellationToken);
    }

    /// <summary>Begins a SCRAM exchange: what the login has to prove, or how long it must wait.</summary>
    /// <returns>A verifier always, of unknown logins one that nobody can prove; or the refusal.</returns>
    public async ValueTask<(ScramVerifier? Verifier, CredentialCheckResult? Refusal)> FindScramAsync(string login, IPAddress client, CancellationToken cancellationToken)
    {
        var name = login.Length <= MaxNameLength ? login : string.Empty;
        if (Blocked(CountedKeys(name, client)) is { } refusal)
        {
            return (null, refusal);
        }

        var credential = await _store.FindByNameAsync(CredentialKind.SmtpLogin, name, cancellationToken);
        return (credential is not null && ScramVerifier.TryParse(credential.Verifier, out var verifier) ? verifier : ScramVerifier.Invent(name, _inventionKey), null);
    }

    /// <summary>Ends a SCRAM exchange, with the same counts and rules as a password.</summary>
    public async ValueTask<CredentialCheckResult> CompleteScramAsync(string login, bool isProven, IPAddress client, CancellationToken cancellationToken)
    {
        var name = login.Length <= MaxNameLength ? login : string.Empty;
        var counted = CountedKeys(name, client);
        if (Blocked(counted) is { } refusal)
        {
            // Many exchanges may have begun before the first of them failed.
            return refusal;
        }

        var credential = isProven ? await _store.FindByNameAsync(CredentialKind.SmtpLogin, name, cancellationToken) : null;
        if (credential is null || Unusable(credential, client) is not null)
        {
            return Fail(counted, credential is null ? "unknown name or wrong password" : Unusable(credential, client)!);
        }

        var pair = name + "\n" + NetworkOf(client);
        _verified.RememberNetwork(pair);
        _failures.Forget("pair " + pair);
        _failures.Forget("name " + name);
        return await AcceptAsync(credential, cancellationToken);
    }

    private string[] CountedKeys(string name, IPAddress client)
    {
        var network = NetworkOf(client);
        var pair = name + "\n" + network;
        return _verified.IsKnownNetwork(pair) ? ["pair " + pair] : StrangerKeys(name, client, network);
    }

    /// <summary>A login that the operator names for a network: null when there is none in force, or its account is suspended.</summary>
    public async ValueTask<Credential?> FindLoginAsync(string name, CancellationToken cancellationToken)
    {
        var credential = await _store.FindByNameAsync(CredentialKind.SmtpLogin, name, cancellationToken);
        return credential is null || credential.RevokedAt is not null || credential.ExpiresAt <= _timeProvider.GetUtcNow()
            ? null
            : (await AcceptAsync(credential, cancellationToken)).Credential;
    }

    /// <summary>Who a client certificate stands for, answered from memory as long as no credential has changed.</summary>
    /// <param name="names">Under which it may be known, the more exact first (<see cref="CertificateName"/>).</param>
    /// <returns>Null when it stands for nobody.</returns>
    public async ValueTask<CredentialCheckResult?> CheckCertificateAsync(IReadOnlyList<string> names, IPAddress client, CancellationToken cancellationToken)
    {
        foreach (var name in names)
        {
            if (await FindCertificateAsync(name, cancellationToken) is { } credential)
            {
                return Unusable(credential, client) is { } reason ? CredentialCheckResult.Refused(reason) : await AcceptAsync(credential, cancellationToken);
            }
        }

        return null;
    }

    /// <summary>Checks an API key or admin token given as bearer text; the caller judges kind and scopes.</summary>
    public ValueTask<CredentialCheckResult> CheckBearerAsync(string token, IPAddress client, CancellationToken cancellationToken) =>
        CheckSecretAsync(token, client, _ => null, cancellationToken);

    /// <summary>Is what was accepted a while ago still good? Answered from memory as long as no credential and no account has changed.</summary>
    public async ValueTask<CredentialOutcome> RecheckAsync(Credential credential, IPAddress client, CancellationToken cancellationToken)
    {
        var now = await FindInForceAsync(credential.Id, cancellationToken);
        if (now is null || now.Verifier != credential.Verifier || Unusable(now, client) is not null)
        {
            return CredentialOutcome.Refused;
        }

        return await IsSuspendedAsync(now, cancellationToken) ? CredentialOutcome.Suspended : CredentialOutcome.Accepted;
    }

    /// <summary>The same of a login that <see cref="FindLoginAsync"/> found: its password and networks mean nothing.</summary>
    public async ValueTask<CredentialOutcome> RecheckLoginAsync(Credential credential, CancellationToken cancellationToken)
    {
        var now = await FindInForceAsync(credential.Id, cancellationToken);
        if (now is null || now.RevokedAt is not null || now.ExpiresAt <= _timeProvider.GetUtcNow())
        {
            return CredentialOutcome.Refused;
        }

        return await IsSuspendedAsync(now, cancellationToken) ? CredentialOutcome.Suspended : CredentialOutcome.Accepted;
    }

    /// <summary>A credential with the limits it has now, of which a session knows only those of its login; as it was where it is gone.</summary>
    public async ValueTask<Credential> RefreshAsync(Credential credential, CancellationToken cancellationToken) =>
        await FindInForceAsync(credential.Id, cancellationToken) ?? credential;

    /// <summary>Writes the last-used marks gathered since the last call; after a failure they are kept for the next one.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_lastUsed.IsEmpty)
        {
            return;
        }

        var marks = Interlocked.Exchange(ref _lastUsed, new ConcurrentDictionary<long, DateTimeOffset>());
        var written = false;
        try
        {
            await _store.MarkUsedAsync(marks, cancellationToken);
            written = true;
        }
        finally
        {
            if (!written)
            {
                foreach (var mark in marks)
                {
                    _lastUsed.TryAdd(mark.Key, mark.Value);
                }
            }
        }
    }

    public void Dispose() => _verifications.Dispose();

    private static bool MaySendOverSmtp(Credential key) =>
        key.Kind == CredentialKind.ApiKey && key.Scopes.Split(' ').Any(scope => scope is "send" or "full");

    private async ValueTask<CredentialCheckResult> CheckSecretAsync(
        string secret, IPAddress client, Func<Credential, string?> refuse, CancellationToken cancellationToken)
    {
        var credential = secret.Length is > 0 and <= MaxSecretLength
            ? await _store.FindByVerifierAsync(ApiKeys.Hash(secret), cancellationToken)
            : null;
        var reason = credential is null or { Kind: CredentialKind.SmtpLogin }
            ? "unknown key or token"
            : refuse(credential) ?? Unusable(credential, client);
        if (reason is null)
        {
            return await AcceptAsync(credential!, cancellationToken);
        }

        var counted = NetworkKeys(client, NetworkOf(client));
        return Blocked(counted) ?? Fail(counted, reason);
    }

    /// <summary>Returns null when the password is right.</summary>
    private async ValueTask<CredentialCheckResult?> VerifyAsync(
        Credential? credential, string password, string[] counted, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > _options.MaxWaitingVerifications)
        {
            Interlocked.Decrement(ref _waiting);
            return CredentialCheckResult.Busy;
        }

        try
        {
            await _verifications.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            // Many attempts may have queued up before the first of them failed.
            if (Blocked(counted) is { } refusal)
            {
                return refusal;
            }

            var verifier = credential is not null && ScramVerifier.TryParse(credential.Verifier, out var parsed) ? parsed : _dummy;
            var matches = await Task.Run(() => verifier.Verify(password), cancellationToken);
            return matches && !ReferenceEquals(verifier, _dummy) ? null : Fail(counted, "unknown name or wrong password");
        }
        finally
        {
            _verifications.Release();
        }
    }

    private string? Unusable(Credential credential, IPAddress client)
    {
        if (credential.RevokedAt is not null)
        {
            return "revoked";
        }

        if (credential.ExpiresAt <= _timeProvider.GetUtcNow())
        {
            return "expired";
        }

        return SenderPolicy.AllowsNetwork(credential, client) ? null : "not allowed from this network";
    }

    private CredentialCheckResult? Blocked(string[] keys)
    {
        TimeSpan? longest = null;
        foreach (var key in keys)
        {
            var wait = _failures.BlockedFor(key);
            longest = longest is null || wait > longest ? wait : longest;
        }

        return longest is { } retryAfter ? CredentialCheckResult.Throttled(retryAfter) : null;
    }

    private CredentialCheckResult Fail(string[] keys, string reason)
    {
        foreach (var key in keys)
        {
            _failures.Fail(key);
        }

        return CredentialCheckResult.Refused(reason);
    }

    // Admin tokens are the operators' and belong to no tenant.
    private async ValueTask<CredentialCheckResult> AcceptAsync(Credential credential, CancellationToken cancellationToken)
    {
        if (await IsSuspendedAsync(credential, cancellationToken))
        {
            return CredentialCheckResult.Suspended;
        }

        _lastUsed[credential.Id] = _timeProvider.GetUtcNow();
        return CredentialCheckResult.Accepted(credential);
    }

    private async ValueTask<bool> IsSuspendedAsync(Credential credential, CancellationToken cancellationToken) =>
        _accounts is not null
        && credential.Kind != CredentialKind.AdminToken
        && await _accounts.FindAsync(credential.AccountId, cancellationToken) is not { IsSuspended: false };

    private async ValueTask<Credential?> FindInForceAsync(long id, CancellationToken cancellationToken)
    {
        var key = id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var version = _store.Version;
        if (_inForce.TryGet(key, out var known) && known.Version == version)
        {
            return known.Credential;
        }

        var credential = await _store.FindAsync(id, cancellationToken);
        _inForce.Set(key, (version, credential), _timeProvider.GetUtcNow());
        return credential;
    }

    private async ValueTask<Credential?> FindCertificateAsync(string name, CancellationToken cancellationToken)
    {
        var version = _store.Version;
        if (_byCertificate.TryGet(name, out var known) && known.Version == version)
        {
            return known.Credential;
        }

        var credential = await _store.FindByCertificateAsync(name, cancellationToken);
        _byCertificate.Set(name, (version, credential), _timeProvider.GetUtcNow());
        return credential;
    }

    private static string[] StrangerKeys(string name, IPAddress client, string network) => ["name " + name, .. NetworkKeys(client, network)];

    private static string[] NetworkKeys(IPAddress client, string network) => IPAddress.IsLoopback(client) ? [] : ["net " + network];

    /// <summary>One IPv4 address, or an IPv6 /64: whoever has one address of it has them all.</summary>
    private static string NetworkOf(IPAddress client)
    {
        if (client.IsIPv4MappedToIPv6)
        {
            return client.MapToIPv4().ToString();
        }

        return client.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(client.GetAddressBytes(), 0, 8) : client.ToString();
    }
}
