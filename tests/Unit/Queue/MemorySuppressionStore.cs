using Relay.Mail;
using Relay.Queue;

namespace Relay.Tests.Unit;

/// <summary>Suppressions in memory, by account and address.</summary>
internal sealed class MemorySuppressionStore : ISuppressionStore
{
    private readonly SortedDictionary<(long Account, string Address), Suppression> _entries = [];

    public Task AddAsync(string address, SuppressionReason reason = SuppressionReason.Manual, string? detail = null) =>
        AddAsync(new Suppression { Address = address, Reason = reason, Detail = detail, CreatedAt = DateTimeOffset.UnixEpoch }, CancellationToken.None).AsTask();

    public ValueTask<IReadOnlyList<Suppression>> FindAsync(long accountId, IReadOnlyList<Mailbox> addresses, CancellationToken cancellationToken)
    {
        var wanted = addresses.Select(SuppressionKey.Of).ToHashSet(StringComparer.Ordinal);
        return ValueTask.FromResult<IReadOnlyList<Suppression>>(
            [.. _entries.Values.Where(entry => entry.AccountId == accountId && wanted.Contains(entry.Address))]);
    }

    public ValueTask<bool> AddAsync(Suppression suppression, CancellationToken cancellationToken)
    {
        var key = (suppression.AccountId, suppression.Address);
        var isNew = !_entries.TryGetValue(key, out var old) || old != suppression;
        _entries[key] = suppression;
        return ValueTask.FromResult(isNew);
    }

    public ValueTask<bool> RemoveAsync(long accountId, string address, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_entries.Remove((accountId, address)));

    public ValueTask<IReadOnlyList<Suppression>> ListAsync(long accountId, string? after, int limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Suppression>>(
        [
            .. _entries.Values.Where(entry => entry.AccountId == accountId && (after is null || string.CompareOrdinal(entry.Address, after) > 0)).Take(limit),
        ]);
}
