using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Relay;

/// <summary>The listeners' certificates: from PEM or PKCS#12 files, or self-signed and kept in the data folder; can be replaced while running.</summary>
internal sealed class CertificateStore
{
    private static readonly TimeSpan SelfSignedLife = TimeSpan.FromDays(3650);

    private readonly CertificateFiles? _files;
    private readonly IReadOnlyList<CertificateFiles> _further;
    private readonly IReadOnlyList<string> _issuerFiles;
    private readonly string _selfSignedFile;
    private readonly string _hostname;
    private readonly SslProtocols _protocols;
    private readonly TimeProvider _time;
    private Loaded _current;

    /// <param name="files">Of the usual certificate; null for a self-signed one.</param>
    /// <param name="further">Certificates for clients that ask for a name of theirs (SNI).</param>
    /// <param name="issuerFiles">PEM files of issuers of clients' certificates.</param>
    /// <exception cref="CertificateException">The files cannot be used; the message says why.</exception>
    public CertificateStore(
        CertificateFiles? files,
        IReadOnlyList<CertificateFiles> further,
        IReadOnlyList<string> issuerFiles,
        bool tls13Only,
        string dataFolder,
        string hostname,
        TimeProvider time)
    {
        _issuerFiles = issuerFiles;
        _files = files;
        _further = further;
        _selfSignedFile = Path.Combine(dataFolder, "self-signed.pem");
        _hostname = hostname;
        _protocols = tls13Only ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13;
        _time = time;
        _current = Load();
    }

    /// <summary>Options for a new handshake.</summary>
    public SslServerAuthenticationOptions Current => Volatile.Read(ref _current).Usual;

    /// <summary>Null for a self-signed one, which is made anew in time.</summary>
    public DateTimeOffset? Expires => IsSelfSigned ? null : Current.ServerCertificateContext!.TargetCertificate.NotAfter.ToUniversalTime();

    public bool IsSelfSigned => _files is null;

    /// <summary>Why the files as they are now cannot be used; null when they are in force.</summary>
    public string? Trouble { get; private set; }

    /// <summary>The files read, to look whether they have changed.</summary>
    public IEnumerable<string> Files => _further.Prepend(_files).OfType<CertificateFiles>().SelectMany(files => new[] { files.Certificate, files.Key }).OfType<string>().Concat(_issuerFiles).Distinct();

    /// <summary>What one of the issuer files holds; empty for none.</summary>
    public X509Certificate2Collection IssuersOf(string? file) => file is null ? [] : Volatile.Read(ref _current).Issuers[file];

    /// <summary>Options for a client that asks for this name (RFC 6066 §3); null when only the usual certificate is left for it.</summary>
    public SslServerAuthenticationOptions? For(string name) =>
        name.Length == 0 ? null : Array.Find(Volatile.Read(ref _current).Further, o => o.ServerCertificateContext!.TargetCertificate.MatchesHostname(name));

    /// <summary>Reads the files again; sessions in progress keep what they have.</summary>
    /// <exception cref="CertificateException">The new files cannot be used; the old certificate stays.</exception>
    public void Reload()
    {
        try
        {
            Volatile.Write(ref _current, Load());
            Trouble = null;
        }
        catch (CertificateException trouble)
        {
            Trouble = trouble.Message;
            throw;
        }
    }

    /// <summary>Why files cannot be used, one line for each that cannot; reads them and keeps nothing.</summary>
    public static IReadOnlyList<string> Faults(IEnumerable<CertificateFiles> files, IEnumerable<string> issuerFiles) =>
    [
        .. files.Select(file => Trial(() => LoadFiles(file).ForEach(certificate => certificate.Dispose()))).OfType<string>(),
        .. issuerFiles.Distinct().Select(file => Trial(() => LoadIssuers(file))).OfType<string>(),
    ];

    private static string? Trial(Action load)
    {
        try
        {
            load();
            return null;
        }
        catch (CertificateException trouble)
        {
            return trouble.Message;
        }
    }

    private Loaded Load() => new(
        ToOptions(_files is null ? LoadSelfSigned() : LoadFiles(_files)), [.. _further.Select(files => ToOptions(LoadFiles(files)))], _issuerFiles.Distinct().ToDictionary(file => file, LoadIssuers));

    private static X509Certificate2Collection LoadIssuers(string file)
    {
        try
        {
            var issuers = new X509Certificate2Collection();
            issuers.ImportFromPemFile(file);
            return issuers.Count > 0 ? issuers : throw new CryptographicException("it holds no certificate in PEM form");
        }
        catch (Exception trouble) when (trouble is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"the issuers of clients' certificates in {file} cannot be used: {trouble.Message}", trouble);
        }
    }

    private SslServerAuthenticationOptions ToOptions(List<X509Certificate2> certificates)
    {
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

    private static List<X509Certificate2> LoadFiles(CertificateFiles files) =>
        files.IsPkcs12 ? LoadPkcs12(files) : LoadPem(files.Certificate, files.Key ?? files.Certificate, files.Password);

    private static List<X509Certificate2> LoadPkcs12(CertificateFiles files)
    {
        try
        {
            var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(files.Certificate, files.Password);
            var leaf = all.FirstOrDefault(certificate => certificate.HasPrivateKey) ?? throw new CryptographicException("it holds no private key");
            return [leaf, .. all.Where(certificate => certificate != leaf)];
        }
        catch (Exception trouble) when (trouble is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"the certificate {files.Certificate} cannot be used: {trouble.Message}", trouble);
        }
    }

    private static List<X509Certificate2> LoadPem(string certificateFile, string keyFile, string? password)
    {
        try
        {
            using var pair = password is null
                ? X509Certificate2.CreateFromPemFile(certificateFile, keyFile)
                : X509Certificate2.CreateFromEncryptedPemFile(certificateFile, password, keyFile);
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

        return LoadPem(_selfSignedFile, _selfSignedFile, password: null);
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

    private sealed record Loaded(SslServerAuthenticationOptions Usual, SslServerAuthenticationOptions[] Further, Dictionary<string, X509Certificate2Collection> Issuers);
}

/// <summary>Where a certificate comes from: PEM, leaf first, with its key in the same file or another; or PKCS#12 (<c>.p12</c>, <c>.pfx</c>).</summary>
/// <param name="Password">Of the PKCS#12 file, or of an encrypted key in PEM.</param>
internal sealed record CertificateFiles(string Certificate, string? Key, string? Password)
{
    public bool IsPkcs12 => IsPkcs12File(Certificate);

    public static bool IsPkcs12File(string path) =>
        path.EndsWith(".p12", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".pfx", StringComparison.OrdinalIgnoreCase);

    // A record prints its members, and one is a secret.
    public override string ToString() => Certificate;
}

/// <summary>A certificate cannot be used; the message is for the operator.</summary>
internal sealed class CertificateException(string message, Exception inner) : Exception(message, inner);
