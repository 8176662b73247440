using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Relay.Tests.Support;

/// <summary>A certification authority made in memory for one test run.</summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Until = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly X509Certificate2 _root;
    private long _serial;

    public TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test Authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _root = request.CreateSelfSigned(From, Until);
    }

    /// <summary>The root, as <c>SSL_CERT_FILE</c> wants it.</summary>
    public string Pem => _root.ExportCertificatePem();

    /// <summary>A server's certificate with key for these names.</summary>
    public X509Certificate2 Issue(params IReadOnlyList<string> hosts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + hosts[0], key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using var issued = request.Create(_root, From, Until.AddDays(-1), BitConverter.GetBytes(++_serial));
        using var withKey = issued.CopyWithPrivateKey(key);

        // A key that was made in memory is no good to all TLS libraries until it has been read from a file's octets.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null);
    }

    public void Dispose() => _root.Dispose();
}
