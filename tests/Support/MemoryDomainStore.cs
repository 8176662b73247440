using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Webhooks;
using Relay.Senders;

namespace Relay.Tests.Support;

/// <summary>Domains in memory over a store of keys; thread safe.</summary>
public sealed class MemoryDomainStore(MemoryDkimKeyStore keyStore) : IDomainStore
{
    private readonly SortedDictionary<long, DomainEntry> _entries = [];
    private readonly Lock _gate = new();
    private long _lastId = 100;

    /// <summary>How often a domain was looked for by its name.</summary>
    public int NameLookups { get; private set; }

    /// <summary>What was written with the changes.</summary>
    public List<WebhookNotice> Notices { get; } = [];

    public async ValueTask<DomainEntry> AddAsync(DomainEntry entry, IReadOnlyList<SealedDkimKey> keys, Func<DomainEntry, WebhookNotice> notice, CancellationToken cancellationToken)
    {
        DomainEntry stored;
        lock (_gate)
        {
            var isTaken = _entries.Values.Any(other => other.Domain.Name.Equals(entry.Domain.Name)
                && (other.Domain.AccountId == entry.Domain.AccountId || (other.Domain.IsVerified && entry.Domain.IsVerified)));
            if (isTaken)
            {
                throw new DuplicateEntryException($"{entry.Domain.Name} is taken.");
            }

            stored = entry with { Domain = entry.Domain with { Id = ++_lastId } };
            _entries.Add(stored.Domain.Id, stored);
        }

        try
        {
            await keyStore.AddAsync(keys, cancellationToken);
        }
        catch (DuplicateEntryException)
        {
            lock (_gate)
            {
                _entries.Remove(stored.Domain.Id);
            }

            throw;
        }

        Notices.Add(notice(stored));
        return stored;
    }

    public ValueTask<DomainEntry?> FindAsync(long id, CancellationToken cancellationToken) => Locked(() => _entries.GetValueOrDefault(id));

    public ValueTask<DomainEntry?> FindAsync(long accountId, DomainName name, CancellationToken cancellationToken) => Locked(() =>
    {
        NameLookups++;
        return _entries.Values.FirstOrDefault(entry => entry.Domain.AccountId == accountId && entry.Domain.Name.Equals(name));
    });

    public ValueTask<long?> FindHolderAsync(DomainName name, CancellationToken cancellationToken) =>
        Locked(() => _entries.Values.FirstOrDefault(entry => entry.Domain.IsVerified && entry.Domain.Name.Equals(name))?.Domain.AccountId);

    public ValueTask<IReadOnlyList<DomainEntry>> ListAsync(long? accountId, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<DomainEntry>>(() => [.. _entries.Values.Where(entry => accountId is null || entry.Domain.AccountId == accountId)]);

    public ValueTask<IReadOnlyList<DomainEntry>> PageAsync(long? accountId, long after, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<DomainEntry>>(
            () => [.. _entries.Values.Where(entry => (accountId is null || entry.Domain.AccountId == accountId) && entry.Domain.Id > after).OrderBy(entry => entry.Domain.Id).Take(limit)]);

    public ValueTask<IReadOnlyList<DomainEntry>> FailedAsync(int limit, CancellationToken cancellationToken) => Locked<IReadOnlyList<DomainEntry>>(
        () => [.. _entries.Values.Where(entry => entry is { IsTrusted: false, VerificationError: not null, Domain.Status: DomainStatus.Failed }).Take(limit)]);

    public ValueTask<IReadOnlyList<DomainEntry>> DriftedAsync(int limit, CancellationToken cancellationToken) => Locked<IReadOnlyList<DomainEntry>>(
        () => [.. _entries.Values.Where(entry => entry is { DriftSince: not null, Domain.IsVerified: true }).Take(limit)]);

    public ValueTask<int> CountAsync(long accountId, CancellationToken cancellationToken) =>
        Locked(() => _entries.Values.Count(entry => entry.Domain.AccountId == accountId));

    public ValueTask<IReadOnlyList<DomainEntry>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<DomainEntry>>(() => [.. _entries.Values.Where(entry => entry.NextCheckAt <= now).OrderBy(entry => entry.NextCheckAt).Take(limit)]);

    public ValueTask<DateTimeOffset?> NextDueAsync(CancellationToken cancellationToken) => Locked(() => _entries.Values.Min(entry => entry.NextCheckAt));

    public ValueTask<bool> UpdateSettingsAsync(DomainEntry entry, CancellationToken cancellationToken) =>
        Locked(() => Change(entry.Domain.Id, old => old with
        {
            Domain = old.Domain with
            {
                ClickTracking = entry.Domain.ClickTracking,
                OpenTracking = entry.Domain.OpenTracking,
                Limits = entry.Domain.Limits,
                UpdatedAt = entry.Domain.UpdatedAt,
            },
        }));

    public async ValueTask<bool> UpdateProofAsync(DomainEntry entry, KeyStates keys, WebhookNotice? notice, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var isHeld = _entries.Values.Any(other => other.Domain.IsVerified && other.Domain.Id != entry.Domain.Id && other.Domain.Name.Equals(entry.Domain.Name));
            if ((isHeld && entry.Domain.IsVerified) || !Change(entry.Domain.Id, old => Proof(old, entry)))
            {
                return false;
            }
        }

        await SetAsync(entry, entry.RsaKey, keys.Rsa);
        await SetAsync(entry, entry.Ed25519Key, keys.Ed25519);
        if (notice is not null)
        {
            Notices.Add(notice);
        }

        return true;
    }

    public ValueTask<bool> ScheduleAsync(long id, DateTimeOffset nextCheck, CancellationToken cancellationToken) =>
        Locked(() => Change(id, entry => entry with { NextCheckAt = nextCheck }));

    public async ValueTask<bool> RemoveAsync(long id, DateTimeOffset at, WebhookNotice notice, CancellationToken cancellationToken)
    {
        DomainEntry? removed;
        lock (_gate)
        {
            _entries.Remove(id, out removed);
        }

        if (removed is null)
        {
            return false;
        }

        await SetAsync(removed, removed.RsaKey, DkimKeyState.Retiring, at);
        await SetAsync(removed, removed.Ed25519Key, DkimKeyState.Retiring, at);
        Notices.Add(notice);
        return true;
    }

    private static DomainEntry Proof(DomainEntry old, DomainEntry found) => found with
    {
        Domain = old.Domain with { Status = found.Domain.Status, TrackingHost = found.Domain.TrackingHost, UpdatedAt = found.Domain.UpdatedAt },
    };

    private async ValueTask SetAsync(DomainEntry entry, DomainKey key, DkimKeyState? state, DateTimeOffset at = default)
    {
        var stored = (await keyStore.ListAsync(entry.Domain.Name.Ascii, default)).FirstOrDefault(candidate => candidate.Selector == key.Selector && candidate.AccountId == entry.Domain.AccountId);
        if (stored is not null && state is { } changed && stored.State is DkimKeyState.Pending or DkimKeyState.Active && (changed == DkimKeyState.Active || !stored.ActivatesOnSight))
        {
            await keyStore.SetStateAsync(stored.Id, changed, at, default);
        }
    }

    private bool Change(long id, Func<DomainEntry, DomainEntry> change)
    {
        if (!_entries.TryGetValue(id, out var entry))
        {
            return false;
        }

        _entries[id] = change(entry);
        return true;
    }

    private ValueTask<T> Locked<T>(Func<T> work)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(work());
        }
    }
}
