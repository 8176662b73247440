namespace Relay;

/// <summary><c>[site."NAME"]</c>: what differs for one site; null is what <c>site."*"</c> says, then <c>[delivery]</c>.</summary>
internal sealed class SiteSection
{
    /// <summary>20 open connections: what other relays use, and few receivers take offence.</summary>
    public const int DefaultMaxConnections = 20;

    /// <summary>100 recipients: every server must take so many (RFC 5321 §4.5.3.1.8).</summary>
    public const int DefaultMaxRecipients = 100;

    /// <summary>Open connections to the site, at most. Default <see cref="DefaultMaxConnections"/>.</summary>
    [Setting(Min = "1", Max = "10000", Shown = "20")]
    public int? MaxConnections { get; init; }

    /// <summary>Messages to the site from each source. Of several rates the one of the shortest period is spread evenly, the others are budgets for any period of their length. Default: no limit, feedback from the site slows us down.</summary>
    [Setting(Shown = "no limit")]
    public Rates? MessageRate { get; init; }

    /// <summary>Octets of content to the site from each source, in any period of that length; a message larger than that goes alone. Default: no limit.</summary>
    [Setting(Shown = "no limit")]
    public TrafficRate? ByteRate { get; init; }

    /// <summary>Messages on one connection. Default: that of <c>[delivery]</c>.</summary>
    [Setting(Min = "1", Max = "100000", Shown = "delivery.max_messages_per_connection")]
    public int? MaxMessagesPerConnection { get; init; }

    /// <summary>Recipients in one transaction. Default <see cref="DefaultMaxRecipients"/>.</summary>
    [Setting(Min = "1", Max = "1000", Shown = "100")]
    public int? MaxRecipientsPerTransaction { get; init; }

    /// <summary>Waits after the first, second, … attempt at the site; the last one repeats. Default: those of <c>[retry]</c>. A site that greylists wants a first wait just longer than its own.</summary>
    [Setting(Min = "1s", Max = "7d", Shown = "retry.schedule")]
    public IReadOnlyList<TimeSpan> Retry { get; init; } = [];

    /// <summary>Default: that of <c>[delivery]</c>.</summary>
    [Setting(Shown = "delivery.tls")]
    public DeliveryTls? Tls { get; init; }

    /// <summary>Port of the site's MX hosts. Default: that of <c>[delivery]</c>.</summary>
    [Setting(Min = "1", Max = "65535", Shown = "delivery.port")]
    public int? Port { get; init; }

    /// <summary>Name of the egress pool. Default: pool <c>default</c> if there is one, else all egress sources, else what the system chooses.</summary>
    [Setting(Shown = "pool default, else all sources")]
    public string? Pool { get; init; }

    /// <summary>What differs for the site from one egress source.</summary>
    [Named(NameKind.Plain)]
    public IReadOnlyDictionary<string, SiteSourceSection> Source { get; init; } = new Dictionary<string, SiteSourceSection>();
}

/// <summary><c>[site."NAME".source.NAME]</c>: what differs for one site from one egress source; null is what the site says.</summary>
internal sealed class SiteSourceSection
{
    /// <summary>Open connections to the site from this source.</summary>
    [Setting(Min = "1", Max = "10000", Shown = "that of the site")]
    public int? MaxConnections { get; init; }

    /// <summary>Messages to the site from this source. Of several rates the one of the shortest period is spread evenly, the others are budgets for any period of their length.</summary>
    [Setting(Shown = "that of the site")]
    public Rates? MessageRate { get; init; }

    /// <summary>Octets of content to the site from this source, in any period of that length; a message larger than that goes alone.</summary>
    [Setting(Shown = "that of the site")]
    public TrafficRate? ByteRate { get; init; }

    /// <summary>Messages on one connection.</summary>
    [Setting(Min = "1", Max = "100000", Shown = "that of the site")]
    public int? MaxMessagesPerConnection { get; init; }

    /// <summary>Recipients in one transaction.</summary>
    [Setting(Min = "1", Max = "1000", Shown = "that of the site")]
    public int? MaxRecipientsPerTransaction { get; init; }
}
