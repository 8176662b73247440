using System.Net;
using Relay.Mail;

namespace Relay;

/// <summary><c>[egress]</c>: the addresses we send from. Without any the system chooses.</summary>
internal sealed class EgressSection
{
    [Named(NameKind.Plain)]
    public required IReadOnlyDictionary<string, EgressSourceSection> Source { get; init; }

    /// <summary>Pool <c>default</c> serves every site that names no other.</summary>
    [Named(NameKind.Plain)]
    public required IReadOnlyDictionary<string, EgressPoolSection> Pool { get; init; }
}

/// <summary><c>[egress.source.NAME]</c></summary>
internal sealed class EgressSourceSection
{
    /// <summary>Local address to connect from; while it is none of this machine's, the source rests.</summary>
    [Setting(IsRequired = true)]
    public IPAddress Address { get; init; } = IPAddress.None;

    /// <summary>Local IPv6 address beside an IPv4 one. Default: hosts are reached by the family of <c>address</c> only.</summary>
    [Setting(Shown = "none")]
    public IPAddress? Address6 { get; init; }

    /// <summary>Name sent with EHLO; receivers compare it with the reverse name of the address. Default: <c>hostname</c>.</summary>
    [Setting(Default = "{hostname}")]
    public required DomainName Ehlo { get; init; }

    /// <summary>Messages from this source to all sites together. Of several rates the one of the shortest period is spread evenly, the others are budgets for any period of their length.</summary>
    [Setting(Shown = "no limit")]
    public Rates? MessageRate { get; init; }

    /// <summary>Octets of content from this source, in any period of that length; a message larger than that goes alone.</summary>
    [Setting(Shown = "no limit")]
    public TrafficRate? ByteRate { get; init; }

    /// <summary>Connections in use at once from this source.</summary>
    [Setting(Min = "1", Max = "10000", Shown = "no limit")]
    public int? MaxConnections { get; init; }

    /// <summary>Messages on one connection from this source; the lower of this and what its site says holds.</summary>
    [Setting(Min = "1", Max = "100000", Shown = "that of the site")]
    public int? MaxMessagesPerConnection { get; init; }

    /// <summary>Recipients in one transaction; the lowest of all that apply holds.</summary>
    [Setting(Min = "1", Max = "1000", Shown = "that of the site")]
    public int? MaxRecipientsPerTransaction { get; init; }
}

/// <summary><c>[egress.pool.NAME]</c></summary>
internal sealed class EgressPoolSection
{
    /// <summary>Names of egress sources, used in turn, in proportion to their weights.</summary>
    [Setting(IsRequired = true)]
    public SourceWeights Sources { get; init; } = SourceWeights.None;
}
