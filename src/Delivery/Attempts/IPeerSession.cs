using System.Net;
using System.Net.Sockets;
using Relay.Dns;
using Relay.Smtp;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>A conversation with one peer, as attempts need it: the seam between deciding and speaking.</summary>
internal interface IPeerSession : IAsyncDisposable
{
    PeerExtensions Extensions { get; }

    TlsInfo? Tls { get; }

    /// <summary>What is wrong with the certificate the peer showed, by the usual verification or its TLSA records; success when nothing is.</summary>
    TlsSessionResult CertificateTrouble { get; }

    /// <summary>The steps so far as text, bounded, secrets redacted.</summary>
    string Conversation { get; }

    /// <summary>Greeting and EHLO.</summary>
    /// <exception cref="SmtpProtocolException">Refused or lost.</exception>
    ValueTask GreetAsync(CancellationToken cancellationToken);

    /// <summary>TLS by STARTTLS, or at once when implicit.</summary>
    /// <exception cref="SmtpProtocolException">Refused, or the handshake failed.</exception>
    ValueTask SecureAsync(TlsDemand demand, CancellationToken cancellationToken);

    ValueTask AuthenticateAsync(RouteLogin login, CancellationToken cancellationToken);

    /// <summary>Starts the log of a new transaction, then sends it.</summary>
    ValueTask<TransactionResult> SendAsync(ClientTransaction transaction, CancellationToken cancellationToken);

    /// <summary>QUIT and close; never throws.</summary>
    ValueTask QuitAsync();
}

/// <summary>What a handshake must bring.</summary>
/// <param name="HostName">Sent as SNI, and what the certificate must name where it is verified.</param>
internal sealed record TlsDemand(string HostName, bool MustVerify)
{
    public bool IsImplicit { get; init; }

    public bool IsTls12Only { get; init; }

    /// <summary>TLSA records of the host: one of them must be met, in place of the usual verification; null without DANE.</summary>
    public IReadOnlyList<TlsaRecord>? Dane { get; init; }
}

/// <summary>Opens transport connections.</summary>
internal interface IPeerConnector
{
    /// <exception cref="DialException">No connection.</exception>
    ValueTask<IPeerSession> ConnectAsync(DialTarget target, EgressSource source, CancellationToken cancellationToken);
}

/// <summary>One address to dial.</summary>
/// <param name="Address">Null for a Unix socket, which the host names.</param>
internal sealed record DialTarget(RouteHost Host, IPAddress? Address, int Port)
{
    public AddressFamily Family => Address?.AddressFamily ?? AddressFamily.Unix;

    public string AddressText => Address?.ToString() ?? Host.SocketPath ?? Host.Name;

    /// <summary>Addresses of the other family follow: waiting long for this one would hold them up.</summary>
    public bool IsHurried { get; init; }
}

/// <summary>A connection could not be made; the message is a sentence for the operator.</summary>
internal sealed class DialException(string message, bool isTimeout, Exception? inner = null) : Exception(message, inner)
{
    public bool IsTimeout { get; } = isTimeout;

    /// <summary>The trouble is ours (a rule, the source's address); it says nothing about the peer.</summary>
    public bool IsOurs { get; init; }
}
