using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Privacy;

/// <summary>The suppression list, which also knows addresses whose entries are kept as hashes. Without such entries it costs nothing.</summary>
public sealed class ErasedSuppressions(ISuppressionStore inner, AddressHasher hasher) : ISuppressionStore
{
    public bool HasErased => inner.HasErased;

    public async ValueTask<IReadOnlyList<SuppressionMatch>> FindAsync(SuppressionQuery query, CancellationToken cancellationToken)
    {
        if (!inner.HasErased)
        {
            return await inner.FindAsync(query, cancellationToken);
        }

        var asked = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new List<Mailbox>(query.Addresses);
        foreach (var address in query.Addresses)
        {
            foreach (var name in hasher.SuppressionNames(address))
            {
                if (asked.TryAdd(SuppressionKey.Of(name), SuppressionKey.Of(address)))
                {
                    names.Add(name);
                }
            }
        }

        var found = await inner.FindAsync(query with { Addresses = names }, cancellationToken);
        return [.. found
            .Select(match => asked.TryGetValue(match.Address, out var clear) ? new SuppressionMatch(clear, match.Entry with { Address = clear }) : match)
            .DistinctBy(match => match.Address)];
    }

    public ValueTask<bool> AddAsync(Suppression suppression, CancellationToken cancellationToken) => inner.AddAsync(suppression, cancellationToken);

    public ValueTask<int> AddRangeAsync(IReadOnlyList<Suppression> suppressions, CancellationToken cancellationToken) =>
        inner.AddRangeAsync(suppressions, cancellationToken);

    public ValueTask ApplyAsync(IReadOnlyList<SuppressionNotice> notices, long through, CancellationToken cancellationToken) =>
        inner.ApplyAsync(notices, through, cancellationToken);

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => inner.CursorAsync(cancellationToken);

    public async ValueTask<int> RemoveAsync(long accountId, string address, SuppressionScope? scope, CancellationToken cancellationToken)
    {
        var removed = await inner.RemoveAsync(accountId, address, scope, cancellationToken);
        if (inner.HasErased && Mailbox.TryParse(address, out var mailbox))
        {
            foreach (var name in hasher.SuppressionNames(mailbox))
            {
                removed += await inner.RemoveAsync(accountId, SuppressionKey.Of(name), scope, cancellationToken);
            }
        }

        return removed;
    }

    public async ValueTask<IReadOnlyList<Suppression>> EntriesOfAsync(long accountId, string address, CancellationToken cancellationToken)
    {
        var entries = new List<Suppression>(await inner.EntriesOfAsync(accountId, address, cancellationToken));
        if (inner.HasErased && Mailbox.TryParse(address, out var mailbox))
        {
            foreach (var name in hasher.SuppressionNames(mailbox))
            {
                entries.AddRange(await inner.EntriesOfAsync(accountId, SuppressionKey.Of(name), cancellationToken));
            }
        }

        return entries;
    }

    public ValueTask<IReadOnlyList<Suppression>> ListAsync(SuppressionListing listing, CancellationToken cancellationToken) =>
        inner.ListAsync(listing, cancellationToken);

    public ValueTask<int> PruneAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) => inner.PruneAsync(now, limit, cancellationToken);
}
