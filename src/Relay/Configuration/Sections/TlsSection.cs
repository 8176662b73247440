namespace Relay;

/// <summary><c>[tls]</c>: the certificate of all listeners.</summary>
internal sealed class TlsSection
{
    /// <summary>PEM file with certificate and chain, or PKCS#12 (.p12, .pfx). Default: a self-signed certificate in <c>data</c>, so that STARTTLS works from the start.</summary>
    [Setting(IsPath = true, MustExist = true, Shown = "self-signed, in data")]
    public string? Certificate { get; init; }

    /// <summary>PEM file with the private key of <c>certificate</c>; needed with PEM, not with PKCS#12.</summary>
    [Setting(IsPath = true, MustExist = true, Shown = "self-signed, in data")]
    public string? Key { get; init; }

    /// <summary>Password of a PKCS#12 file, or of an encrypted key in PEM. Default: none.</summary>
    [Setting]
    public Secret? Password { get; init; }

    /// <summary>Lowest version spoken by listeners. Default 1.2: 1.0 and 1.1 are deprecated (RFC 8996), 1.3 alone locks out older clients.</summary>
    [Setting]
    public TlsVersion Minimum { get; init; } = TlsVersion.Tls12;

    public CertificateFiles? ToFiles() => Certificate is null ? null : new CertificateFiles(Certificate, Key, Password?.Reveal());
}

internal enum TlsVersion
{
    [Spelled("1.2")]
    Tls12,

    [Spelled("1.3")]
    Tls13,
}
