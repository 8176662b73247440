using Relay.Mail;
using Relay.Platform.Webhooks;
using Relay.Senders;

namespace Relay.Platform.Domains;

/// <summary>Domains of accounts, together with their signing keys and what webhooks are told: all change in one transaction.</summary>
public interface IDomainStore
{
    /// <summary>
    /// Adds the domain and its keys and returns it with its id. A name the account has already, one that another account holds as proved while
    /// this one is to be, or a taken selector fails with <see cref="DuplicateEntryException"/>.
    /// </summary>
    /// <param name="notice">Made of the domain with its id.</param>
    ValueTask<DomainEntry> AddAsync(
        DomainEntry entry, IReadOnlyList<SealedDkimKey> keys, Func<DomainEntry, WebhookNotice> notice, CancellationToken cancellationToken);

    /// <summary>By id, of whatever account.</summary>
    ValueTask<DomainEntry?> FindAsync(long id, CancellationToken cancellationToken);

    ValueTask<DomainEntry?> FindAsync(long accountId, DomainName name, CancellationToken cancellationToken);

    /// <summary>The account that holds the name as proved; null when none does.</summary>
    ValueTask<long?> FindHolderAsync(DomainName name, CancellationToken cancellationToken);

    /// <summary>By id, oldest first; of one account, or of all.</summary>
    ValueTask<IReadOnlyList<DomainEntry>> ListAsync(long? accountId, CancellationToken cancellationToken);

    /// <summary>Of one account, or of all, with an id above <paramref name="after"/>, by id.</summary>
    ValueTask<IReadOnlyList<DomainEntry>> PageAsync(long? accountId, long after, int limit, CancellationToken cancellationToken);

    /// <summary>Those not trusted whose check failed for certain and says why, oldest first, at most <paramref name="limit"/>; read without a look at the others.</summary>
    ValueTask<IReadOnlyList<DomainEntry>> FailedAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Proved ones where something drifted (<see cref="DomainEntry.DriftSince"/>), oldest first, at most <paramref name="limit"/>; read without a look at the others.</summary>
    ValueTask<IReadOnlyList<DomainEntry>> DriftedAsync(int limit, CancellationToken cancellationToken);

    ValueTask<int> CountAsync(long accountId, CancellationToken cancellationToken);

    /// <summary>Domains whose check is due, the longest due first.</summary>
    ValueTask<IReadOnlyList<DomainEntry>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>The earliest check to come; null when there is none.</summary>
    ValueTask<DateTimeOffset?> NextDueAsync(CancellationToken cancellationToken);

    /// <summary>Writes what its owner may change: tracking switches and limits.</summary>
    /// <returns>False when it is gone.</returns>
    ValueTask<bool> UpdateSettingsAsync(DomainEntry entry, CancellationToken cancellationToken);

    /// <summary>Writes what a check found, the keys whose records it looked for, and their states; keys that an operator retired stay retired, and those that he made sign on.</summary>
    /// <returns>False when it is gone, or when it would be proved while another account holds the name so.</returns>
    ValueTask<bool> UpdateProofAsync(DomainEntry entry, KeyStates keys, WebhookNotice? notice, CancellationToken cancellationToken);

    /// <returns>False when it is gone.</returns>
    ValueTask<bool> ScheduleAsync(long id, DateTimeOffset nextCheck, CancellationToken cancellationToken);

    /// <summary>Removes the domain; its keys sign no more, but for those that an operator made.</summary>
    /// <returns>False when it is gone already.</returns>
    ValueTask<bool> RemoveAsync(long id, DateTimeOffset at, WebhookNotice notice, CancellationToken cancellationToken);
}

/// <summary>What becomes of a domain's keys; null leaves one as it is.</summary>
public readonly record struct KeyStates(DkimKeyState? Rsa, DkimKeyState? Ed25519)
{
    public bool ChangesAny => Rsa is not null || Ed25519 is not null;
}
