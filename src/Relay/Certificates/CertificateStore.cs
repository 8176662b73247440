using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Relay;

/// <summary>The listeners' certificate: from PEM files, or self-signed and kept in the data folder; can be replaced while running.</summary>
internal sealed class CertificateStore
{
    private static readonly TimeSpan SelfSignedLife = TimeSpan.FromDays(3650);

    private readonly string? _certificateFile;
    private readonly string? _keyFile;
    private readonly string _selfSignedFile;
    private readonly string _hostname;
    private readonly SslProtocols _protocols;
    private readonly TimeProvider _time;
    private SslServerAuthenticationOptions _current;

    /// <param name="certificateFile">PEM with the chain, leaf first; null for a self-signed certificate.</param>
    /// <exception cref="CertificateException">The files cannot be used; the message says why.</exception>
    public CertificateStore(string? certificateFile, string? keyFile, bool tls13Only, string dataFolder, string hostname, TimeProvider time)
    {
        _certificateFile = certificateFile;
        _keyFile = keyFile;
        _selfSignedFile = Path.Combine(dataFolder, "self-signed.pem");
        _hostname = hostname;
        _protocols = tls13Only ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13;
        _time = time;
        _current = Load();
    }

    /// <summary>Options for a new handshake.</summary>
    public SslServerAuthenticationOptions Current => Volatile.Read(ref _current);

    public bool IsSelfSigned => _certificateFile is null;

    /// <summary>Reads the files again; sessions in progress keep what they have.</summary>
    /// <exception cref="CertificateException">The new files cannot be used; the old certificate stays.</exception>
    public void Reload() => Volatile.Write(ref _current, Load());

    private SslServerAuthenticationOptions Load()
    {
        var certificates = _certificateFile is null ? LoadSelfSigned() : LoadPem(_certificateFile, _keyFile ?? _certificateFile);
        var chain = new X509Certificate2Collection();
        chain.AddRange(certificates.Skip(1).ToArray());
        return new SslServerAuthenticationOptions
        {
            // Made once: building the context per handshake would parse the chain each time.
            ServerCertificateContext = SslStreamCertificateContext.Create(certificates[0], chain, offline: true),
            EnabledSslProtocols = _protocols,
            ClientCertificateRequired = false,
            AllowRenegotiation = false,
        };
    }

    private static List<X509Certificate2> LoadPem(string certificateFile, string keyFile)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificateFile);
            // Windows refuses ephemeral keys in TLS; the detour through PKCS#12 makes a usable one everywhere.
            var leaf = X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null);
            return [leaf, .. chain.Skip(1)];
        }
        catch (Exception trouble) when (trouble is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CertificateException($"the certificate {certificateFile} with key {keyFile} cannot be used: {trouble.Message}", trouble);
        }
    }

    private List<X509Certificate2> LoadSelfSigned()
    {
        try
        {
            if (!File.Exists(_selfSignedFile))
            {
                WriteSelfSigned();
            }
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"no self-signed certificate could be written to {_selfSignedFile}: {trouble.Message}", trouble);
        }

        return LoadPem(_selfSignedFile, _selfSignedFile);
    }

    private void WriteSelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={_hostname}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(_hostname);
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = _time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now + SelfSignedLife);
        PrivateFile.Write(_selfSignedFile, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}

/// <summary>A certificate cannot be used; the message is for the operator.</summary>
internal sealed class CertificateException(string message, Exception inner) : Exception(message, inner);
