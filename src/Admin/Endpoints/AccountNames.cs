using Relay.Senders;

namespace Relay.Admin;

/// <summary>Names for the accounts of a page's entries.</summary>
internal static class AccountNames
{
    /// <summary>An account that is gone has an empty name.</summary>
    public static async ValueTask<IReadOnlyDictionary<long, string>> ReadAsync(AccountService accounts, IEnumerable<long> ids, CancellationToken cancellationToken)
    {
        var names = new Dictionary<long, string>();
        foreach (var id in ids.Distinct())
        {
            names[id] = (await accounts.FindAsync(id, cancellationToken))?.Name ?? string.Empty;
        }

        return names;
    }
}
