using Microsoft.Extensions.Logging;
using Relay.Dkim;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Domains;

/// <summary>Checks domains, each at most once at a time: who asks for a check that is under way waits for that one. Thread safe.</summary>
/// <remarks>1. Read the domain, with the keys that a rotation gave it. 2. Look for its records, and for what it should have besides. 3. Judge. 4. Write domain and key states together. 5. Forget what was cached of it.</remarks>
public sealed class DomainChecks
{
    // Longer than all lookups of one check take when every server is silent.
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly IDomainStore _store;
    private readonly DomainProver _prover;
    private readonly IRecordAdvisor _advisor;
    private readonly SenderDomains _senders;
    private readonly DkimKeys _keys;
    private readonly DomainNotices _notices;
    private readonly TimeProvider _time;
    private readonly ILogger<DomainChecks> _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Task<DomainEntry?>> _running = [];

    internal DomainChecks(
        IDomainStore store, DomainProver prover, IRecordAdvisor advisor, SenderDomains senders, DkimKeys keys, DomainNotices notices, TimeProvider time, ILogger<DomainChecks> log)
    {
        _store = store;
        _prover = prover;
        _advisor = advisor;
        _senders = senders;
        _keys = keys;
        _notices = notices;
        _time = time;
        _log = log;
    }

    public bool IsRunning(long id)
    {
        lock (_gate)
        {
            return _running.ContainsKey(id);
        }
    }

    /// <summary>The domain after the check; null when it is gone. A caller that cancels leaves the check to the others.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer now.</exception>
    public Task<DomainEntry?> CheckAsync(long id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_running.TryGetValue(id, out var check))
            {
                check = Task.Run(() => RunAsync(id), CancellationToken.None);
                _running.Add(id, check);
            }

            return check.WaitAsync(cancellationToken);
        }
    }

    private async Task<DomainEntry?> RunAsync(long id)
    {
        try
        {
            using var deadline = new CancellationTokenSource(Deadline, _time);
            return await CheckOnceAsync(id, deadline.Token);
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(id);
            }
        }
    }

    private async ValueTask<DomainEntry?> CheckOnceAsync(long id, CancellationToken cancellationToken)
    {
        if (await _store.FindAsync(id, cancellationToken) is not { } entry)
        {
            return null;
        }

        entry = await FollowKeysAsync(entry, cancellationToken);
        var advice = _advisor.LookAsync(entry.Domain.Name, entry.Advice, cancellationToken).AsTask();
        var found = await _prover.LookAsync(entry, cancellationToken);
        var now = _time.GetUtcNow();
        entry = entry with
        {
            Advice = AdviceJudgement.Apply(entry.Advice, await advice, now),
            Looks = AdviceJudgement.Apply(entry.Looks, RecordLooks.Of(entry, found, now), now),
        };
        var holder = await _store.FindHolderAsync(entry.Domain.Name, cancellationToken);
        var isHeldElsewhere = holder is { } account && account != entry.Domain.AccountId;
        var (judged, keys) = DomainJudgement.Apply(entry, found, isHeldElsewhere, _time.GetUtcNow());
        if (!await _store.UpdateProofAsync(judged, keys, _notices.Checked(entry, judged), CancellationToken.None))
        {
            // Gone meanwhile, or another account proved the name between the question and the answer.
            (judged, keys) = DomainJudgement.Apply(entry, found, isHeldElsewhere: true, _time.GetUtcNow());
            if (!await _store.UpdateProofAsync(judged, keys, _notices.Checked(entry, judged), CancellationToken.None))
            {
                return null;
            }
        }

        _senders.Forget();
        _keys.Invalidate();
        if (judged.Domain.Status != entry.Domain.Status)
        {
            PlatformDomainsLog.StatusChanged(_log, entry.Domain.Name.Ascii, entry.Domain.AccountId, judged.Domain.Status, judged.VerificationError ?? "");
        }

        return judged;
    }

    // After a rotation the records of the old pair may go: what is asked for is the pair that signs. Keys that an operator made by hand stand for
    // an account's where it has none of its own left.
    private async ValueTask<DomainEntry> FollowKeysAsync(DomainEntry entry, CancellationToken cancellationToken)
    {
        var keys = (await _keys.ListAsync(entry.Domain.Name, cancellationToken))
            .Where(key => key.State is DkimKeyState.Pending or DkimKeyState.Active && (key.AccountId == entry.Domain.AccountId || key.AccountId == Account.Default.Id))
            .OrderByDescending(key => key.AccountId == entry.Domain.AccountId)
            .ThenByDescending(key => key.State)
            .ThenByDescending(key => key.CreatedAt)
            .ToList();
        return entry with
        {
            RsaKey = Current(entry.RsaKey, keys, DkimAlgorithm.RsaSha256),
            Ed25519Key = Current(entry.Ed25519Key, keys, DkimAlgorithm.Ed25519Sha256),
        };
    }

    private static DomainKey Current(DomainKey known, List<SealedDkimKey> inUse, DkimAlgorithm algorithm) =>
        inUse.Exists(key => key.Selector == known.Selector) ? known
        : inUse.Find(key => key.Algorithm == algorithm) is { } next ? new DomainKey(next.Selector, next.PublicRecord)
        : DomainKey.None;
}
