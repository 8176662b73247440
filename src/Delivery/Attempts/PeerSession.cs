using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Relay.Smtp;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>A session over a real connection; remembers by itself whether the peer's certificate verified.</summary>
internal sealed class PeerSession(SmtpClientSession session) : IPeerSession
{
    private bool _isVerified;

    public TlsSessionResult CertificateTrouble { get; private set; }

    public PeerExtensions Extensions => session.Extensions;

    public TlsInfo? Tls => session.Tls is { } tls ? tls with { IsVerified = _isVerified } : null;

    public string Conversation => session.Conversation.ToString();

    public ValueTask GreetAsync(CancellationToken cancellationToken) => session.GreetAsync(cancellationToken);

    // Sessions are resumed by name (SslStream keeps the tickets); the certificate is judged again each time.
    public ValueTask SecureAsync(TlsDemand demand, CancellationToken cancellationToken)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = demand.HostName,
            EnabledSslProtocols = demand.IsTls12Only ? SslProtocols.Tls12 : SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowTlsResume = true,

            // RFC 7435: encryption to anybody beats clear text where nobody promised a certificate. Verified where it is demanded.
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                _isVerified = demand.Dane is { } records
                    ? certificate is X509Certificate2 shown && DaneVerifier.IsSatisfied(records, shown, chain, errors)
                    : errors == SslPolicyErrors.None;
                CertificateTrouble = _isVerified ? TlsSessionResult.Success : TroubleOf(demand, chain, errors);
                return _isVerified || !demand.MustVerify;
            },
        };
        return demand.IsImplicit ? session.UpgradeImplicitAsync(options, cancellationToken) : session.StartTlsAsync(options, cancellationToken);
    }

    // RFC 8460 §4.3.1 has no name for a certificate that meets no TLSA record: the general one stands for it.
    private static TlsSessionResult TroubleOf(TlsDemand demand, X509Chain? chain, SslPolicyErrors errors) =>
        demand.Dane is not null ? TlsSessionResult.ValidationFailure
        : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? TlsSessionResult.CertificateHostMismatch
        : chain?.ChainStatus.Any(status => status.Status == X509ChainStatusFlags.NotTimeValid) == true ? TlsSessionResult.CertificateExpired
        : TlsSessionResult.CertificateNotTrusted;

    public ValueTask AuthenticateAsync(RouteLogin login, CancellationToken cancellationToken) => login.OAuth is null
        ? session.AuthenticateAsync(login.Login, login.Password, cancellationToken)
        : session.AuthenticateBearerAsync(login.Login, login.Password, cancellationToken);

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
