using Relay.Senders;

namespace Relay.Tests.Support;

/// <summary>Credentials in memory; thread safe.</summary>
public sealed class MemoryCredentialStore : ICredentialStore
{
    private readonly Dictionary<long, Credential> _credentials = [];
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _firstMarks = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastId;
    private int _version;

    public int Version => Volatile.Read(ref _version);

    /// <summary>Completes when last-used marks were written for the first time.</summary>
    public Task FirstMarks => _firstMarks.Task;

    public ValueTask<Credential> AddAsync(Credential credential, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (Find(other => other.Kind == credential.Kind && other.Name == credential.Name && Collides(other, credential)) is not null)
            {
                throw new DuplicateEntryException($"{credential.Kind} '{credential.Name}' exists already.");
            }

            var added = credential with { Id = ++_lastId };
            _credentials.Add(added.Id, added);
            return ValueTask.FromResult(added);
        }
    }

    public ValueTask<Credential?> FindByNameAsync(CredentialKind kind, string name, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_credentials.Values.LastOrDefault(credential => credential.Kind == kind && credential.Name == name));
        }
    }

    public ValueTask<Credential?> FindAsync(long id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_credentials.GetValueOrDefault(id));
        }
    }

    public ValueTask<Credential?> FindKeyAsync(long accountId, string name, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(Find(key => key is { Kind: CredentialKind.ApiKey, RevokedAt: null } && key.AccountId == accountId && key.Name == name));
        }
    }

    public ValueTask<IReadOnlyList<Credential>> ListKeysAsync(long accountId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<Credential>>(
                [.. _credentials.Values.Where(key => key.Kind == CredentialKind.ApiKey && key.AccountId == accountId).OrderBy(key => key.Id)]);
        }
    }

    public ValueTask<bool> SetLimitsAsync(long id, SendLimits limits, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Change(id, credential => credential with { Limits = limits }));

    public ValueTask<bool> SetDefaultsAsync(long id, MailDefaults defaults, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Change(id, credential => credential with { Defaults = defaults }));

    public ValueTask<Credential?> FindByVerifierAsync(string verifier, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(Find(credential => credential.Verifier == verifier));
        }
    }

    public ValueTask<IReadOnlyList<Credential>> ListAsync(CredentialKind? kind, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<Credential>>(
                [.. _credentials.Values.Where(credential => kind is null || credential.Kind == kind).OrderBy(credential => credential.Kind).ThenBy(credential => credential.Name, StringComparer.Ordinal)]);
        }
    }

    public ValueTask<Credential?> FindByCertificateAsync(string name, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(Find(credential => credential.Certificates.Contains(name)));
        }
    }

    public ValueTask AddCertificateAsync(long id, string name, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (Find(credential => credential.Certificates.Contains(name)) is not null)
            {
                throw new DuplicateEntryException("This certificate stands for a login already.");
            }

            Change(id, credential => credential with { Certificates = [.. credential.Certificates, name] });
            return ValueTask.CompletedTask;
        }
    }

    public ValueTask<bool> RemoveCertificateAsync(long id, string name, CancellationToken cancellationToken) => ValueTask.FromResult(Change(
        id, credential => credential.Certificates.Contains(name) ? credential with { Certificates = [.. credential.Certificates.Where(other => other != name)] } : null));

    public ValueTask<IReadOnlyList<Credential>> PageAsync(CredentialKind kind, long? accountId, long after, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var found = _credentials.Values.Where(one => one.Kind == kind && (accountId is null || one.AccountId == accountId) && one.Id > after);
            return ValueTask.FromResult<IReadOnlyList<Credential>>([.. found.OrderBy(one => one.Id).Take(limit)]);
        }
    }

    public ValueTask<bool> SetVerifierAsync(long id, string verifier, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Change(id, credential => credential with { Verifier = verifier }));

    public ValueTask<bool> RevokeAsync(long id, DateTimeOffset at, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Change(id, credential => credential.RevokedAt is null ? credential with { RevokedAt = at } : null));

    public ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _version);
            return ValueTask.FromResult(_credentials.Remove(id));
        }
    }

    public ValueTask MarkUsedAsync(IReadOnlyDictionary<long, DateTimeOffset> lastUsed, CancellationToken cancellationToken)
    {
        foreach (var (id, at) in lastUsed)
        {
            Change(id, credential => credential.LastUsedAt >= at ? null : credential with { LastUsedAt = at });
        }

        _firstMarks.TrySetResult();
        return ValueTask.CompletedTask;
    }

    private Credential? Find(Func<Credential, bool> condition) => _credentials.Values.FirstOrDefault(condition);

    private static bool Collides(Credential other, Credential added) =>
        added.Kind != CredentialKind.ApiKey || (other.AccountId == added.AccountId && other.RevokedAt is null);

    private bool Change(long id, Func<Credential, Credential?> change)
    {
        lock (_gate)
        {
            if (!_credentials.TryGetValue(id, out var credential) || change(credential) is not { } changed)
            {
                return false;
            }

            _credentials[id] = changed;
            Interlocked.Increment(ref _version);
            return true;
        }
    }
}
