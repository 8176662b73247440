using System.Net;

namespace Relay;

/// <summary><c>[public]</c>: what recipients reach: tracking, unsubscribe, confirmations; nothing else. Not served unless <c>endpoint</c> is given.</summary>
internal sealed class PublicSection
{
    /// <summary>Address and port. Default: none, so that nothing is opened that nobody asked for.</summary>
    [Setting(Shown = "not served")]
    public IPEndPoint? Endpoint { get; init; }

    /// <summary>Where recipients reach it from outside, for example <c>https://mail.example.com</c>; stands in links. Default: none; required with <c>endpoint</c>.</summary>
    [Setting(Shown = "none")]
    public Uri? PublicUrl { get; init; }

    /// <summary>HTTPS with the certificate of <c>[tls]</c>. Default false: behind a proxy that does it.</summary>
    [Setting]
    public bool Tls { get; init; }

    /// <summary>Proxies whose X-Forwarded-For names the client. Default none: anybody else could claim any address.</summary>
    [Setting]
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];
}
