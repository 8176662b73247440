using System.Net.Security;
using Relay.Smtp;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>A session over a real connection; remembers by itself whether the peer's certificate verified.</summary>
internal sealed class PeerSession(SmtpClientSession session) : IPeerSession
{
    private bool _isVerified;

    public PeerExtensions Extensions => session.Extensions;

    public TlsInfo? Tls => session.Tls is { } tls ? tls with { IsVerified = _isVerified } : null;

    public string Conversation => session.Conversation.ToString();

    public ValueTask GreetAsync(CancellationToken cancellationToken) => session.GreetAsync(cancellationToken);

    public ValueTask SecureAsync(string hostName, bool mustVerify, bool isImplicit, CancellationToken cancellationToken)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = hostName,

            // RFC 7435: encryption to anybody beats clear text where nobody promised a certificate. Verified where it is demanded.
            RemoteCertificateValidationCallback = (_, _, _, errors) =>
            {
                _isVerified = errors == SslPolicyErrors.None;
                return _isVerified || !mustVerify;
            },
        };
        return isImplicit ? session.UpgradeImplicitAsync(options, cancellationToken) : session.StartTlsAsync(options, cancellationToken);
    }

    public ValueTask AuthenticateAsync(RouteLogin login, CancellationToken cancellationToken) =>
        session.AuthenticateAsync(login.Login, login.Password, cancellationToken);

    public ValueTask<TransactionResult> SendAsync(ClientTransaction transaction, CancellationToken cancellationToken)
    {
        session.Conversation.BeginTransaction();
        return session.SendAsync(transaction, cancellationToken);
    }

    public async ValueTask QuitAsync()
    {
        await session.QuitAsync();
        await session.DisposeAsync();
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();
}
