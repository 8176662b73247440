using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Relay.Dns;

/// <summary>What a domain wants done with mail that does not prove to be its own.</summary>
public enum DmarcPolicy
{
    None,
    Quarantine,
    Reject,
}

/// <summary>A DMARC record (RFC 9989 §4.7). Unknown tags, and those of earlier versions, say nothing.</summary>
public sealed record DmarcRecord
{
    private const string Version = "DMARC1";

    public DmarcPolicy Policy { get; init; }

    /// <summary>For names below the domain; null: as <see cref="Policy"/>.</summary>
    public DmarcPolicy? SubdomainPolicy { get; init; }

    /// <summary>For names below the domain that do not exist; null: as for those that do.</summary>
    public DmarcPolicy? NonexistentPolicy { get; init; }

    /// <summary>The signing domain must be that of From itself.</summary>
    public bool IsDkimStrict { get; init; }

    /// <summary>The envelope's domain must be that of From itself.</summary>
    public bool IsSpfStrict { get; init; }

    /// <summary>True: a registry's name, not an organisation's; false: an organisation's for sure; null: as the tree walk finds.</summary>
    public bool? IsPublicSuffix { get; init; }

    /// <summary>The policy is to be tried one step milder.</summary>
    public bool IsTest { get; init; }

    public bool AsksForReports { get; init; }

    /// <summary>Share of mail the policy is for; of the version before this one, and some receivers still look at it. 100 where it is not said.</summary>
    public int Percent { get; init; } = 100;

    /// <returns>False for a text that is no such record: without version in the first place, or with a policy that is none and nobody to tell (RFC 9989 §4.7).</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out DmarcRecord? record)
    {
        record = null;
        var tags = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var parts = text.Split(';', StringSplitOptions.TrimEntries);
        if (!IsVersion(parts[0]))
        {
            return false;
        }

        foreach (var part in parts.Skip(1).Where(part => part.Length > 0))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                tags.TryAdd(part[..equals].Trim(), part[(equals + 1)..].Trim());
            }
        }

        var policy = PolicyOf(tags, "p");
        var tells = tags.TryGetValue("rua", out var rua) && rua.Contains("mailto:", StringComparison.OrdinalIgnoreCase);
        if (policy is null && tags.ContainsKey("p") && !tells)
        {
            return false;
        }

        record = new DmarcRecord
        {
            Policy = policy ?? DmarcPolicy.None,
            SubdomainPolicy = PolicyOf(tags, "sp"),
            NonexistentPolicy = PolicyOf(tags, "np"),
            IsDkimStrict = Is(tags, "adkim", "s"),
            IsSpfStrict = Is(tags, "aspf", "s"),
            IsPublicSuffix = Is(tags, "psd", "y") ? true : Is(tags, "psd", "n") ? false : null,
            IsTest = Is(tags, "t", "y"),
            AsksForReports = tells,
            Percent = int.TryParse(tags.GetValueOrDefault("pct"), NumberStyles.None, CultureInfo.InvariantCulture, out var percent) ? Math.Min(percent, 100) : 100,
        };
        return true;
    }

    private static bool IsVersion(string part)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && part[..equals].Trim().Equals("v", StringComparison.OrdinalIgnoreCase) && part[(equals + 1)..].Trim() == Version;
    }

    private static bool Is(Dictionary<string, string> tags, string name, string value) =>
        tags.TryGetValue(name, out var text) && text.Equals(value, StringComparison.OrdinalIgnoreCase);

    private static DmarcPolicy? PolicyOf(Dictionary<string, string> tags, string name) => tags.GetValueOrDefault(name)?.ToLowerInvariant() switch
    {
        "none" => DmarcPolicy.None,
        "quarantine" => DmarcPolicy.Quarantine,
        "reject" => DmarcPolicy.Reject,
        _ => null,
    };
}
