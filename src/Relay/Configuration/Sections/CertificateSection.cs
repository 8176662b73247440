namespace Relay;

/// <summary><c>[certificate.NAME]</c>: a further certificate, used for clients that ask for one of its host names (SNI).</summary>
internal sealed class CertificateSection
{
    /// <summary>PEM file with certificate and chain, or PKCS#12 (.p12, .pfx). The names it is for stand in it.</summary>
    [Setting(IsPath = true, MustExist = true, IsRequired = true)]
    public string Certificate { get; init; } = string.Empty;

    /// <summary>PEM file with the private key. Default: the key stands in the same file.</summary>
    [Setting(IsPath = true, MustExist = true, Shown = "in the same file")]
    public string? Key { get; init; }

    /// <summary>Password of a PKCS#12 file, or of an encrypted key in PEM. Default: none.</summary>
    [Setting]
    public Secret? Password { get; init; }

    public CertificateFiles ToFiles() => new(Certificate, Key, Password?.Reveal());
}
