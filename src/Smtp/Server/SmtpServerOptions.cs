using System.Net;
using System.Net.Security;

namespace Relay.Smtp.Server;

/// <summary>One listener's behaviour on the wire.</summary>
public sealed record SmtpServerOptions
{
    /// <summary>Name of the listener as in the configuration.</summary>
    public required string Listener { get; init; }

    /// <summary>Name in greeting and EHLO reply (RFC 5321 §4.3.1).</summary>
    public required string Hostname { get; init; }

    public SmtpTlsMode Tls { get; init; } = SmtpTlsMode.StartTls;

    /// <summary>Gives the TLS options for a new handshake, so that certificates can be replaced while running; null without TLS.</summary>
    public Func<SslServerAuthenticationOptions>? TlsOptions { get; init; }

    /// <summary>No mail before AUTH, unless the policy says the session needs none (see <see cref="AuthenticationExempt"/>).</summary>
    public bool RequiresAuthentication { get; init; }

    /// <summary>Sessions from networks that may relay without AUTH.</summary>
    public Func<SmtpSession, bool> AuthenticationExempt { get; init; } = static _ => false;

    /// <summary>Peers that must begin with a header of the PROXY protocol; nobody else is believed one.</summary>
    public Func<IPAddress, bool> IsProxy { get; init; } = static _ => false;

    /// <summary>What differs for clients of this address; null where nothing ever does.</summary>
    public Func<IPAddress, SmtpServerOptions>? ForPeer { get; init; }

    /// <summary>TLS options for the server name of a handshake; null for the usual ones (<see cref="TlsOptions"/>).</summary>
    public Func<string, SslServerAuthenticationOptions?> TlsOptionsFor { get; init; } = static _ => null;

    /// <summary>Asked at every handshake, so that issuers can be replaced while running; null: clients' certificates are not asked for.</summary>
    public Func<ClientCertificateRules?> ClientCertificates { get; init; } = static () => null;

    public SmtpServerExtensions Extensions { get; init; } = new();

    public SmtpServerLimits Limits { get; init; } = new();
}
