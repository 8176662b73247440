using System.Collections.ObjectModel;

namespace Relay.Delivery;

/// <summary>Destinations that share their receiving hosts, and therefore connections, limits and reputation.</summary>
internal sealed record Site(string Name, SiteLimits Limits)
{
    /// <summary>The large receiver behind it, whose rules apply to its replies; null for all others.</summary>
    public ProviderPreset? Provider { get; init; }

    /// <summary>Where sources differ: their limits in place of <see cref="Limits"/>, by the source's name.</summary>
    public IReadOnlyDictionary<string, SiteLimits> BySource { get; init; } = ReadOnlyDictionary<string, SiteLimits>.Empty;

    /// <summary>The same site by the configuration in force now; itself where nothing is configured.</summary>
    public Site Again() => Renew?.Invoke() ?? this;

    internal Func<Site>? Renew { get; init; }

    /// <summary>The limits of the site as they hold from one source.</summary>
    public SiteLimits LimitsOf(string source) => BySource.GetValueOrDefault(source) ?? Limits;

    /// <summary>For routes that need no network.</summary>
    public static Site Local(string name) => new(name, SiteLimits.Local);
}
