using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Relay.Dkim;

/// <summary>Private keys in PKCS#8 and PKCS#1 (RFC 5958, RFC 8017 appendix A.1.2, RFC 8410 §7).</summary>
internal static class DkimPrivateKeyFormat
{
    private const string Ed25519Oid = "1.3.101.112";
    private const int SeedLength = 32;

    public static RSA ImportRsa(ReadOnlySpan<byte> pkcs8)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportPkcs8PrivateKey(pkcs8, out _);
            return rsa;
        }
        catch (CryptographicException e)
        {
            rsa.Dispose();
            throw new FormatException("The private key is neither RSA nor Ed25519 in PKCS#8.", e);
        }
    }

    public static byte[] RsaToPkcs8(ReadOnlySpan<byte> pkcs1)
    {
        using var rsa = RSA.Create();
        try
        {
            rsa.ImportRSAPrivateKey(pkcs1, out _);
            return rsa.ExportPkcs8PrivateKey();
        }
        catch (CryptographicException e)
        {
            throw new FormatException("The RSA private key is malformed.", e);
        }
    }

    /// <summary>False when the key is of another type; then it is RSA or unusable.</summary>
    public static bool TryReadEd25519(ReadOnlySpan<byte> pkcs8, out byte[] seed)
    {
        seed = [];
        try
        {
            var key = new AsnReader(pkcs8.ToArray(), AsnEncodingRules.DER).ReadSequence();
            _ = key.ReadInteger();
            if (key.ReadSequence().ReadObjectIdentifier() != Ed25519Oid)
            {
                return false;
            }

            seed = new AsnReader(key.ReadOctetString(), AsnEncodingRules.DER).ReadOctetString();
            return seed.Length == SeedLength;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    public static byte[] WriteEd25519(ReadOnlySpan<byte> seed)
    {
        var inner = new AsnWriter(AsnEncodingRules.DER);
        inner.WriteOctetString(seed);
        var key = new AsnWriter(AsnEncodingRules.DER);
        using (key.PushSequence())
        {
            key.WriteInteger(0);
            using (key.PushSequence())
            {
                key.WriteObjectIdentifier(Ed25519Oid);
            }

            key.WriteOctetString(inner.Encode());
        }

        return key.Encode();
    }
}
