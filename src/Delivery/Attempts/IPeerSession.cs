using System.Net;
using Relay.Smtp;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>A conversation with one peer, as attempts need it: the seam between deciding and speaking.</summary>
internal interface IPeerSession : IAsyncDisposable
{
    PeerExtensions Extensions { get; }

    TlsInfo? Tls { get; }

    /// <summary>The steps so far as text, bounded, secrets redacted.</summary>
    string Conversation { get; }

    /// <summary>Greeting and EHLO.</summary>
    /// <exception cref="SmtpProtocolException">Refused or lost.</exception>
    ValueTask GreetAsync(CancellationToken cancellationToken);

    /// <summary>TLS by STARTTLS, or at once when <paramref name="isImplicit"/>.</summary>
    /// <exception cref="SmtpProtocolException">Refused, or the handshake failed.</exception>
    ValueTask SecureAsync(string hostName, bool mustVerify, bool isImplicit, CancellationToken cancellationToken);

    ValueTask AuthenticateAsync(RouteLogin login, CancellationToken cancellationToken);

    /// <summary>Starts the log of a new transaction, then sends it.</summary>
    ValueTask<TransactionResult> SendAsync(ClientTransaction transaction, CancellationToken cancellationToken);

    /// <summary>QUIT and close; never throws.</summary>
    ValueTask QuitAsync();
}

/// <summary>Opens transport connections.</summary>
internal interface IPeerConnector
{
    /// <exception cref="DialException">No connection.</exception>
    ValueTask<IPeerSession> ConnectAsync(DialTarget target, EgressSource source, CancellationToken cancellationToken);
}

/// <summary>One address to dial.</summary>
internal sealed record DialTarget(RouteHost Host, IPAddress Address, int Port);

/// <summary>A connection could not be made; the message is a sentence for the operator.</summary>
internal sealed class DialException(string message, bool isTimeout, Exception? inner = null) : Exception(message, inner)
{
    public bool IsTimeout { get; } = isTimeout;
}
