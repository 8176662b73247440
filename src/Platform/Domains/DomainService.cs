using System.Globalization;
using System.Security.Cryptography;
using Relay.Mail;
using Relay.Senders;

namespace Relay.Platform.Domains;

/// <summary>Makes, changes and removes the domains of accounts, with an audit entry for each change.</summary>
public sealed class DomainService
{
    /// <summary>Of one account.</summary>
    public const int MaxDomains = 1000;

    private const int TokenLength = 32;
    private const int SelectorLength = 6;
    private const int SelectorTries = 3;
    private const string TokenLetters = "abcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly TimeSpan FirstCheck = TimeSpan.FromMinutes(1);

    private readonly IDomainStore _store;
    private readonly DkimKeys _keys;
    private readonly SenderDomains _senders;
    private readonly DomainVerifier _verifier;
    private readonly IAuditStore _audit;
    private readonly DomainNotices _notices;
    private readonly TimeProvider _time;

    internal DomainService(
        IDomainStore store, DkimKeys keys, SenderDomains senders, DomainVerifier verifier, IAuditStore audit, DomainNotices notices, TimeProvider time)
    {
        _store = store;
        _keys = keys;
        _senders = senders;
        _verifier = verifier;
        _audit = audit;
        _notices = notices;
        _time = time;
    }

    /// <exception cref="DuplicateEntryException">The account has it already, or another account holds it and this is to be trusted; the message says which.</exception>
    /// <exception cref="DomainLimitException">The account has as many as it may.</exception>
    public async ValueTask<DomainEntry> CreateAsync(DomainDraft draft, AuditActor actor, CancellationToken cancellationToken)
    {
        if (await _store.FindAsync(draft.AccountId, draft.Name, cancellationToken) is { } existing)
        {
            throw new DuplicateEntryException(string.Create(CultureInfo.InvariantCulture, $"the domain {draft.Name} is there already (id {existing.Domain.Id})"));
        }

        if (draft.IsTrusted && await _store.FindHolderAsync(draft.Name, cancellationToken) is not null)
        {
            throw new DuplicateEntryException($"another account holds {draft.Name} as proved; remove it there first");
        }

        if (await _store.CountAsync(draft.AccountId, cancellationToken) >= MaxDomains)
        {
            throw new DomainLimitException($"an account has at most {MaxDomains} domains");
        }

        var added = await AddAsync(draft, cancellationToken);
        _senders.Forget();
        _verifier.Wake();
        await _audit.AppendAsync(
            actor, _time, draft.IsTrusted ? "domain.trust" : "domain.create", draft.Name.Ascii, cancellationToken, draft.AccountId);
        return added;
    }

    /// <summary>Null when there is none, or it is another account's: nobody learns which.</summary>
    public async ValueTask<DomainEntry?> FindAsync(long accountId, long id, CancellationToken cancellationToken) =>
        await _store.FindAsync(id, cancellationToken) is { } entry && entry.Domain.AccountId == accountId ? entry : null;

    public ValueTask<DomainEntry?> FindAsync(long accountId, DomainName name, CancellationToken cancellationToken) =>
        _store.FindAsync(accountId, name, cancellationToken);

    /// <summary>Oldest first; of one account, or of all.</summary>
    public ValueTask<IReadOnlyList<DomainEntry>> ListAsync(long? accountId, CancellationToken cancellationToken) =>
        _store.ListAsync(accountId, cancellationToken);

    /// <summary>Those whose check failed for certain, oldest first.</summary>
    public ValueTask<IReadOnlyList<DomainEntry>> FailedAsync(int limit, CancellationToken cancellationToken) => _store.FailedAsync(limit, cancellationToken);

    /// <summary>Proved ones where something was in order and is so no more, oldest first.</summary>
    public ValueTask<IReadOnlyList<DomainEntry>> DriftedAsync(int limit, CancellationToken cancellationToken) => _store.DriftedAsync(limit, cancellationToken);

    /// <summary>Of one account, or of all, with an id above <paramref name="after"/>, oldest first.</summary>
    public ValueTask<IReadOnlyList<DomainEntry>> PageAsync(long? accountId, long after, int limit, CancellationToken cancellationToken) =>
        _store.PageAsync(accountId, after, limit, cancellationToken);

    /// <summary>Null leaves a switch as it is.</summary>
    /// <returns>The domain as it is then; null when it is gone.</returns>
    public ValueTask<DomainEntry?> SwitchTrackingAsync(
        DomainEntry entry, bool? clicks, bool? opens, AuditActor actor, CancellationToken cancellationToken)
    {
        var domain = entry.Domain with { ClickTracking = clicks ?? entry.Domain.ClickTracking, OpenTracking = opens ?? entry.Domain.OpenTracking };
        return ChangeAsync(entry, entry with { Domain = domain }, "domain.tracking", actor, cancellationToken);
    }

    /// <returns>The domain as it is then; null when it is gone.</returns>
    /// <exception cref="ArgumentException">A limit is negative.</exception>
    public ValueTask<DomainEntry?> LimitAsync(DomainEntry entry, SendLimits limits, AuditActor actor, CancellationToken cancellationToken)
    {
        limits.Check();
        return ChangeAsync(entry, entry with { Domain = entry.Domain with { Limits = limits } }, "domain.limit", actor, cancellationToken);
    }

    /// <summary>Signing keys of the name were made or retired by hand: what is asked of whoever holds it as proved is looked at again soon.</summary>
    public async ValueTask KeysChangedAsync(DomainName name, CancellationToken cancellationToken)
    {
        if (await _store.FindHolderAsync(name, cancellationToken) is { } account && await _store.FindAsync(account, name, cancellationToken) is { } entry)
        {
            await _verifier.RequestAsync(entry, cancellationToken);
        }
    }

    /// <summary>Removes it: it sends no more, its keys retire. Mail already accepted still goes.</summary>
    /// <returns>False when it is gone already.</returns>
    public async ValueTask<bool> RemoveAsync(DomainEntry entry, AuditActor actor, CancellationToken cancellationToken)
    {
        var isRemoved = await _store.RemoveAsync(entry.Domain.Id, _time.GetUtcNow(), _notices.Removed(entry), cancellationToken);
        _senders.Forget();
        _keys.Invalidate();
        if (isRemoved)
        {
            await _audit.AppendAsync(actor, _time, "domain.remove", entry.Domain.Name.Ascii, cancellationToken, entry.Domain.AccountId);
        }

        return isRemoved;
    }

    private async ValueTask<DomainEntry> AddAsync(DomainDraft draft, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            // Records that were printed once are not printed again under other names.
            var existing = await _keys.FindPairAsync(draft.Name, draft.AccountId, cancellationToken);
            var keys = existing ?? await _keys.PrepareAsync(draft.Name, draft.AccountId, NewSelectors(), cancellationToken);
            try
            {
                return await _store.AddAsync(NewEntry(draft, keys), existing is null ? keys : [], _notices.Created, cancellationToken);
            }
            catch (DuplicateEntryException) when (attempt < SelectorTries)
            {
                if (await _store.FindAsync(draft.AccountId, draft.Name, cancellationToken) is not null)
                {
                    throw new DuplicateEntryException($"the domain {draft.Name} is there already");
                }
            }
        }
    }

    private DomainEntry NewEntry(DomainDraft draft, IReadOnlyList<SealedDkimKey> keys)
    {
        var now = _time.GetUtcNow();
        return new DomainEntry
        {
            Domain = new SendingDomain
            {
                Id = 0,
                Uid = Guid.CreateVersion7(now),
                AccountId = draft.AccountId,
                Name = draft.Name,
                Region = draft.Region,
                Status = draft.IsTrusted ? DomainStatus.Success : DomainStatus.NotStarted,
                CreatedAt = now,
                UpdatedAt = now,
            },
            IsTrusted = draft.IsTrusted,
            Token = RandomNumberGenerator.GetString(TokenLetters, TokenLength),
            RsaKey = new DomainKey(keys[0].Selector, keys[0].PublicRecord),
            Ed25519Key = new DomainKey(keys[1].Selector, keys[1].PublicRecord),
            NextCheckAt = now + FirstCheck,
        };
    }

    // Random, for two accounts may claim one domain and neither may take the other's selectors.
    private DkimSelectors NewSelectors()
    {
        var month = _time.GetUtcNow().UtcDateTime.ToString("yyyyMM", CultureInfo.InvariantCulture);
        var suffix = RandomNumberGenerator.GetString(TokenLetters, SelectorLength);
        return new DkimSelectors($"r{month}-{suffix}", $"e{month}-{suffix}");
    }

    private async ValueTask<DomainEntry?> ChangeAsync(
        DomainEntry entry, DomainEntry changed, string action, AuditActor actor, CancellationToken cancellationToken)
    {
        if (changed == entry)
        {
            return entry;
        }

        changed = changed with { Domain = changed.Domain with { UpdatedAt = _time.GetUtcNow() } };
        var isChanged = await _store.UpdateSettingsAsync(changed, cancellationToken);
        _senders.Forget();
        if (!isChanged)
        {
            return null;
        }

        await _audit.AppendAsync(actor, _time, action, entry.Domain.Name.Ascii, cancellationToken, entry.Domain.AccountId);
        return changed;
    }
}

/// <summary>A domain to be made.</summary>
/// <param name="IsTrusted">Proved by the operator's word.</param>
public sealed record DomainDraft(long AccountId, DomainName Name, string Region, bool IsTrusted = false);

/// <summary>The account has as many domains as it may; the message is for people.</summary>
public sealed class DomainLimitException(string message) : Exception(message);
