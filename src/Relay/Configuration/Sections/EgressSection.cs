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
}

/// <summary><c>[egress.pool.NAME]</c></summary>
internal sealed class EgressPoolSection
{
    /// <summary>Names of egress sources, used in turn, in proportion to their weights.</summary>
    [Setting(IsRequired = true)]
    public SourceWeights Sources { get; init; } = SourceWeights.None;
}
