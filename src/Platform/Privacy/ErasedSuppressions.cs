using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Privacy;

/// <summary>The suppression list, which also knows addresses whose entries are kept as hashes. Without such entries it costs nothing.</summary>
public sealed class ErasedSuppressions(ISuppressionStore inner, AddressHasher hasher) : ISuppressionStore
{
    public bool HasErased => inner.HasErased;

    public async ValueTask<IReadOnlyList<Suppression>> FindAsync(
        long accountId, IReadOnlyList<Mailbox> addresses, CancellationToken cancellationToken)
    {
        if (!inner.HasErased)
        {
            return await inner.FindAsync(accountId, addresses, cancellationToken);
        }

        var asked = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new List<Mailbox>(addresses);
        foreach (var address in addresses)
        {
            foreach (var name in hasher.SuppressionNames(address))
            {
                if (asked.TryAdd(SuppressionKey.Of(name), SuppressionKey.Of(address)))
                {
                    names.Add(name);
                }
            }
        }

        var found = await inner.FindAsync(accountId, names, cancellationToken);
        return [.. found
            .Select(entry => asked.TryGetValue(entry.Address, out var clear) ? entry with { Address = clear } : entry)
            .DistinctBy(entry => entry.Address)];
    }

    public ValueTask<bool> AddAsync(Suppression suppression, CancellationToken cancellationToken) => inner.AddAsync(suppression, cancellationToken);

    public async ValueTask<bool> RemoveAsync(long accountId, string address, CancellationToken cancellationToken)
    {
        var isRemoved = await inner.RemoveAsync(accountId, address, cancellationToken);
        if (inner.HasErased && Mailbox.TryParse(address, out var mailbox))
        {
            foreach (var name in hasher.SuppressionNames(mailbox))
            {
                isRemoved |= await inner.RemoveAsync(accountId, SuppressionKey.Of(name), cancellationToken);
            }
        }

        return isRemoved;
    }

    public ValueTask<IReadOnlyList<Suppression>> ListAsync(long accountId, string? after, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(accountId, after, limit, cancellationToken);
}
