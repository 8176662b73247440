using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Relay.Senders;

/// <summary>How a login names a client certificate: <c>sha256:</c> and its fingerprint, or <c>subject:</c> and its distinguished name.</summary>
public static class CertificateName
{
    private const string FingerprintPrefix = "sha256:";
    private const string SubjectPrefix = "subject:";
    private const int MaxLength = 1024;

    /// <param name="hex">As <see cref="OfFingerprint"/> of a certificate: 64 digits, lower case.</param>
    public static string OfFingerprint(string hex) => FingerprintPrefix + hex;

    public static string OfSubject(string distinguishedName) => SubjectPrefix + distinguishedName;

    /// <summary>
    /// Reads a fingerprint (hex, with or without colons, as <c>openssl x509 -fingerprint -sha256</c> prints it), a subject
    /// (<c>CN=printer-7, O=Example</c>) or either with its prefix, and writes it in the one form that is stored and compared.
    /// </summary>
    public static bool TryNormalize(string text, [NotNullWhen(true)] out string? name)
    {
        name = null;
        if (text.Length is 0 or > MaxLength)
        {
            return false;
        }

        var rest = text.StartsWith(FingerprintPrefix, StringComparison.OrdinalIgnoreCase) ? text[FingerprintPrefix.Length..]
            : text.StartsWith(SubjectPrefix, StringComparison.OrdinalIgnoreCase) ? text[SubjectPrefix.Length..]
            : text;
        name = rest.Contains('=', StringComparison.Ordinal) ? Subject(rest) : Fingerprint(rest);
        return name is not null;
    }

    private static string? Fingerprint(string text)
    {
        var hex = text.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant();
        return hex.Length == SHA256.HashSizeInBytes * 2 && hex.All(char.IsAsciiHexDigit) ? OfFingerprint(hex) : null;
    }

    // Through its encoding and back, so that spaces and the spelling of keys do not matter.
    private static string? Subject(string text)
    {
        try
        {
            return OfSubject(new X500DistinguishedName(new X500DistinguishedName(text).RawData).Name);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
