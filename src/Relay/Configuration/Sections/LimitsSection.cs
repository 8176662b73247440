namespace Relay;

/// <summary><c>[limits]</c>: how fast mail may go, by whose it is and where it goes, over all sites and sources together.</summary>
internal sealed class LimitsSection
{
    /// <summary>By number of the account.</summary>
    [Named(NameKind.NumberOrAny)]
    public required IReadOnlyDictionary<string, LimitSection> Account { get; init; }

    /// <summary>By name of the login or API key.</summary>
    [Named(NameKind.TextOrAny)]
    public required IReadOnlyDictionary<string, LimitSection> User { get; init; }

    public required StreamLimitsSection Stream { get; init; }

    /// <summary>By campaign: the first tag of a message.</summary>
    [Named(NameKind.TextOrAny)]
    public required IReadOnlyDictionary<string, LimitSection> Tag { get; init; }

    /// <summary>By recipient domain.</summary>
    [Named(NameKind.DomainOrAny)]
    public required IReadOnlyDictionary<string, LimitSection> Domain { get; init; }

    /// <summary>By site, over all sources; <c>[site."DOMAIN"]</c> counts for each source alone.</summary>
    [Named(NameKind.DomainOrAny)]
    public required IReadOnlyDictionary<string, LimitSection> Site { get; init; }
}

/// <summary><c>[limits.stream]</c></summary>
internal sealed class StreamLimitsSection
{
    public required LimitSection Transactional { get; init; }

    public required LimitSection Broadcast { get; init; }
}

/// <summary>Limits counted together. What waits for them has not been attempted.</summary>
internal sealed class LimitSection
{
    /// <summary>Messages. Of several rates the one of the shortest period is spread evenly, the others are budgets for any period of their length.</summary>
    [Setting(Shown = "no limit")]
    public Rates? MessageRate { get; init; }

    /// <summary>Octets of content in any period of that length; a message larger than that goes alone.</summary>
    [Setting(Shown = "no limit")]
    public TrafficRate? ByteRate { get; init; }

    /// <summary>Connections in use at once.</summary>
    [Setting(Min = "1", Max = "10000", Shown = "no limit")]
    public int? MaxConnections { get; init; }

    /// <summary>Messages on one connection, counted beside those of others that it carries; then theirs go on a new one. The lowest of all that apply holds.</summary>
    [Setting(Min = "1", Max = "100000", Shown = "that of the site")]
    public int? MaxMessagesPerConnection { get; init; }

    /// <summary>Recipients in one transaction; the lowest of all that apply holds.</summary>
    [Setting(Min = "1", Max = "1000", Shown = "that of the site")]
    public int? MaxRecipientsPerTransaction { get; init; }
}
