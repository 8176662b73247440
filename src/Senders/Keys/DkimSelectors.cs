using System.Globalization;
using Relay.Dkim;

namespace Relay.Senders;

/// <summary>Selectors for a new pair of keys.</summary>
public sealed record DkimSelectors(string Rsa, string Ed25519)
{
    private const int MaxPerMonth = 26;

    internal string For(DkimAlgorithm algorithm) => algorithm == DkimAlgorithm.RsaSha256 ? Rsa : Ed25519;

    /// <summary>
    /// By month, <c>r202611</c> and <c>e202611</c>, so that a record tells its age and rotation needs no counting; a second pair in
    /// the same month is <c>r202611b</c> and so on.
    /// </summary>
    internal static DkimSelectors ForMonth(DateTimeOffset now, IReadOnlyCollection<string> taken)
    {
        var month = now.UtcDateTime.ToString("yyyyMM", CultureInfo.InvariantCulture);
        for (var i = 0; i < MaxPerMonth; i++)
        {
            var suffix = i == 0 ? string.Empty : ((char)('a' + i)).ToString();
            var selectors = new DkimSelectors($"r{month}{suffix}", $"e{month}{suffix}");
            if (!taken.Contains(selectors.Rsa) && !taken.Contains(selectors.Ed25519))
            {
                return selectors;
            }
        }

        throw new DuplicateEntryException($"All selectors of the month {month} are taken; name selectors.");
    }
}
