using Relay.Senders;
using Relay.Smtp.Server;

namespace Relay;

/// <summary>Finds the login for which a session's client certificate stands.</summary>
internal sealed class CertificateLogins(CredentialCheck credentials)
{
    /// <summary>Null when there is no certificate, or it stands for nobody.</summary>
    public async ValueTask<CredentialCheckResult?> FindAsync(SmtpSession session, CancellationToken cancellationToken)
    {
        if (session.Tls?.Client is not { } certificate)
        {
            return null;
        }

        // Anybody can write any subject into a certificate of their own.
        var fingerprint = CertificateName.OfFingerprint(certificate.Fingerprint);
        string[] names = certificate.IsTrusted ? [fingerprint, CertificateName.OfSubject(certificate.Subject)] : [fingerprint];
        return await credentials.CheckCertificateAsync(names, session.Peer.Address, cancellationToken);
    }
}
