using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Relay.Dkim;

/// <summary>Verifies a hash against the key of a record.</summary>
internal static class DkimPublicKey
{
    // RFC 8301 §3.2: shorter keys must not be considered valid, 1024 to 4096 must be supported. The upper bound keeps a hostile
    // record from costing much time.
    private const int MinRsaBits = 1024;
    private const int MaxRsaBits = 8192;

    private const string Unusable = "key record: the public key is unusable";

    /// <param name="hash">SHA-256 of the signed data; RFC 8463 §3 signs it as the message of Ed25519.</param>
    public static (DkimOutcome Outcome, string Reason) Verify(
        DkimAlgorithm algorithm, ReadOnlySpan<byte> key, ReadOnlySpan<byte> hash, byte[] signature) =>
        algorithm == DkimAlgorithm.RsaSha256 ? VerifyRsa(key, hash, signature) : VerifyEd25519(key, hash, signature);

    private static (DkimOutcome Outcome, string Reason) VerifyRsa(ReadOnlySpan<byte> key, ReadOnlySpan<byte> hash, byte[] signature)
    {
        using var rsa = RSA.Create();
        if (!TryImport(rsa, key))
        {
            return (DkimOutcome.PermError, Unusable);
        }

        if (rsa.KeySize is < MinRsaBits or > MaxRsaBits)
        {
            return (DkimOutcome.PermError, $"key record: RSA key of {rsa.KeySize} bits is refused (RFC 8301)");
        }

        try
        {
            return Judge(rsa.VerifyHash(hash, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }
        catch (CryptographicException)
        {
            return (DkimOutcome.PermError, Unusable);
        }
    }

    // RFC 6376 §3.6.1 names RSAPublicKey, its examples and the field use SubjectPublicKeyInfo (erratum 3017): both are read.
    private static bool TryImport(RSA rsa, ReadOnlySpan<byte> key)
    {
        try
        {
            rsa.ImportSubjectPublicKeyInfo(key, out var read);
            return read == key.Length;
        }
        catch (CryptographicException)
        {
        }

        try
        {
            rsa.ImportRSAPublicKey(key, out var read);
            return read == key.Length;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static (DkimOutcome Outcome, string Reason) VerifyEd25519(ReadOnlySpan<byte> key, ReadOnlySpan<byte> hash, byte[] signature)
    {
        if (key.Length != Ed25519.PublicKeySize)
        {
            return (DkimOutcome.PermError, Unusable);
        }

        return Judge(signature.Length == Ed25519.SignatureSize
            && Ed25519.Verify(signature, 0, key.ToArray(), 0, hash.ToArray(), 0, hash.Length));
    }

    private static (DkimOutcome Outcome, string Reason) Judge(bool verified) =>
        verified ? (DkimOutcome.Pass, string.Empty) : (DkimOutcome.Fail, "signature does not verify");
}
