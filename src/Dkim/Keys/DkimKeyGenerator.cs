using System.Security.Cryptography;

namespace Relay.Dkim;

/// <summary>Makes signing keys: RSA of 2048 bits (RFC 8301 §3.2; longer ones no longer fit one UDP answer) and Ed25519 (RFC 8463).</summary>
public static class DkimKeyGenerator
{
    private const int RsaBits = 2048;
    private const int SeedLength = 32;

    /// <summary>Makes a key. RSA takes some 100 ms of CPU: not for an I/O thread.</summary>
    /// <exception cref="FormatException">Domain or selector is no DNS name.</exception>
    public static GeneratedDkimKey Generate(string domain, string selector, DkimAlgorithm algorithm)
    {
        var pkcs8 = algorithm == DkimAlgorithm.RsaSha256 ? GenerateRsa() : GenerateEd25519();
        return new GeneratedDkimKey(DkimKey.FromPkcs8(domain, selector, pkcs8), pkcs8);
    }

    private static byte[] GenerateRsa()
    {
        using var rsa = RSA.Create(RsaBits);
        return rsa.ExportPkcs8PrivateKey();
    }

    private static byte[] GenerateEd25519()
    {
        Span<byte> seed = stackalloc byte[SeedLength];
        RandomNumberGenerator.Fill(seed);
        var pkcs8 = DkimPrivateKeyFormat.WriteEd25519(seed);
        CryptographicOperations.ZeroMemory(seed);
        return pkcs8;
    }
}

/// <summary>A new key with its private part, to be sealed or written to a file by the caller.</summary>
public sealed class GeneratedDkimKey
{
    internal GeneratedDkimKey(DkimKey key, byte[] pkcs8)
    {
        Key = key;
        Pkcs8 = pkcs8;
    }

    public DkimKey Key { get; }

    /// <summary>The private key, DER.</summary>
    public ReadOnlyMemory<byte> Pkcs8 { get; }

    /// <summary>The private key as a PEM block "PRIVATE KEY".</summary>
    public string ToPem() => PemEncoding.WriteString("PRIVATE KEY", Pkcs8.Span) + "\n";
}
