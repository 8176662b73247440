namespace Relay.Delivery;

/// <summary>Destinations that share their receiving hosts, and therefore connections, limits and reputation.</summary>
internal sealed record Site(string Name, SiteLimits Limits)
{
    /// <summary>For routes that need no network.</summary>
    public static Site Local(string name) => new(name, SiteLimits.Local);
}
