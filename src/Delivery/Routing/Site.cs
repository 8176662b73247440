namespace Relay.Delivery;

/// <summary>Destinations that share their receiving hosts, and therefore connections, limits and reputation.</summary>
internal sealed record Site(string Name, SiteLimits Limits)
{
    /// <summary>The large receiver behind it, whose rules apply to its replies; null for all others.</summary>
    public ProviderPreset? Provider { get; init; }

    /// <summary>For routes that need no network.</summary>
    public static Site Local(string name) => new(name, SiteLimits.Local);
}
