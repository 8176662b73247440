namespace Relay.Delivery;

/// <summary>How TLS must be used on a connection, and who says so.</summary>
/// <param name="MustVerify">The certificate must chain to a trusted root and match the host's name.</param>
/// <param name="Origin">For example <c>site."example.net"</c>, <c>REQUIRETLS</c>, <c>built in</c>.</param>
internal sealed record TlsPolicy(DeliveryTlsMode Mode, bool MustVerify, string Origin)
{
    public bool MayGoClear => Mode is DeliveryTlsMode.None or DeliveryTlsMode.Opportunistic;

    /// <summary>Connections are shared only between mails with the same demands; who demands them does not matter.</summary>
    public (DeliveryTlsMode Mode, bool MustVerify) Demands => (Mode, MustVerify);
}
