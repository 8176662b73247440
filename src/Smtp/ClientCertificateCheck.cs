using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Relay.Smtp.Server;

namespace Relay.Smtp;

/// <summary>Asks for a client's certificate in one handshake, and remembers what there was to say of it.</summary>
/// <remarks>
/// Whom a certificate stands for is the policy's decision and not the handshake's: one without a known issuer is let through, for it may
/// be known by its fingerprint. The issuers in between come from the client; nothing is fetched from the network.
/// </remarks>
internal sealed class ClientCertificateCheck(ClientCertificateRules rules)
{
    // id-kp-clientAuth
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    private bool _isTrusted;

    public void ApplyTo(SslServerAuthenticationOptions options)
    {
        options.ClientCertificateRequired = true;
        options.RemoteCertificateValidationCallback = Judge;
        // A resumed session would bring a certificate that was looked at under older rules.
        options.AllowTlsResume = false;
        options.CertificateChainPolicy = NewPolicy();
    }

    /// <summary>Null when the client showed none.</summary>
    public ClientCertificate? Describe(X509Certificate? shown) => shown is X509Certificate2 certificate
        ? new ClientCertificate(Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256)), certificate.SubjectName.Name, _isTrusted)
        : null;

    private bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        _isTrusted = certificate is not null && errors == SslPolicyErrors.None;
        return certificate is not null || !rules.IsRequired;
    }

    private X509ChainPolicy NewPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(rules.Issuers);
        policy.ApplicationPolicy.Add(ClientAuthentication);
        return policy;
    }
}
