using Relay.Dns;

namespace Relay.Delivery;

/// <summary>How TLS must be used on a connection, and who says so.</summary>
/// <param name="MustVerify">The certificate must chain to a trusted root and match the host's name.</param>
/// <param name="Origin">For example <c>site."example.net"</c>, <c>REQUIRETLS</c>, <c>built in</c>.</param>
internal sealed record TlsPolicy(DeliveryTlsMode Mode, bool MustVerify, string Origin)
{
    /// <summary>The recipient domain's own policy in force; it names the hosts that may be used (RFC 8461 §4.1).</summary>
    public MtaStsPolicy? Published { get; init; }

    /// <summary>The recipient domain's own policy, also where it only wants to be told (testing): sessions are counted under it.</summary>
    public MtaStsPolicy? Observed { get; init; }

    /// <summary>The recipient domain; null where mail goes to hosts of the operator's choice.</summary>
    public string? Domain { get; init; }

    /// <summary>The domain names its hosts securely, so that their TLSA records count (RFC 7672 §2.2).</summary>
    public bool UsesDane { get; init; }

    public bool MayGoClear => Mode is DeliveryTlsMode.None or DeliveryTlsMode.Opportunistic;

    /// <summary>Connections are shared only between mails with the same demands, and never across domains with policies of their own.</summary>
    public TlsDemands Demands => new(Mode, MustVerify, Published?.Domain, UsesDane);

    /// <summary>TLSA records of the host being dialled, which its certificate must meet; null without.</summary>
    public IReadOnlyList<TlsaRecord>? Records { get; init; }

    public bool Allows(string host) => Published?.Matches(host) != false;
}

/// <param name="PublishedBy">The domain whose policy was in force.</param>
/// <param name="UsesDane">Each host was held to its TLSA records when it was dialled.</param>
internal readonly record struct TlsDemands(DeliveryTlsMode Mode, bool MustVerify, string? PublishedBy, bool UsesDane);
