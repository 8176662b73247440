namespace Relay.Delivery;

/// <summary>Source × site: the unit of limits, queues and feedback.</summary>
internal sealed record EgressPath(Site Site, EgressSource Source)
{
    /// <summary>Of the site, as they hold from this source.</summary>
    public SiteLimits Limits { get; } = Site.LimitsOf(Source.Name);

    /// <summary>Name in status and logs.</summary>
    public PathKey Key => new(Site.Name, Source.Name);
}

internal readonly record struct PathKey(string Site, string Source)
{
    public override string ToString() => $"{Site}/{Source}";
}
