using System.Collections.Concurrent;
using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;
using Relay.Mail;

namespace Relay.Dkim;

/// <summary>A private key ready to sign for one domain and selector. Thread safe; import once and keep.</summary>
/// <remarks>
/// An RSA object costs far more to import than to use, and nothing promises that one may be used by two threads at once: a few
/// are kept and lent out. <see cref="Dispose"/> lets signatures in progress finish; later ones fail with
/// <see cref="ObjectDisposedException"/>. A key that is simply dropped is cleaned up by the garbage collector.
/// </remarks>
public sealed class DkimKey : IDisposable
{
    // RFC 8301 §3.2: signers use at least 1024 bits, and verifiers need not know more than 4096.
    private const int MinRsaBits = 1024;
    private const int MaxRsaBits = 4096;

    private static readonly int MaxIdle = Environment.ProcessorCount * 2;

    private readonly ConcurrentBag<RSA> _idle = [];
    private readonly byte[] _privateKey;
    private readonly byte[] _ed25519PublicKey;
    private readonly Lock _gate = new();
    private bool _disposed;

    /// <param name="privateKey">PKCS#8 for RSA, the 32-byte seed for Ed25519.</param>
    private DkimKey(string domain, string selector, DkimAlgorithm algorithm, byte[] privateKey)
    {
        Domain = domain;
        Selector = selector;
        Algorithm = algorithm;
        _privateKey = privateKey;
        _ed25519PublicKey = [];
        if (algorithm == DkimAlgorithm.Ed25519Sha256)
        {
            _ed25519PublicKey = new byte[Ed25519.PublicKeySize];
            Ed25519.GeneratePublicKey(privateKey, 0, _ed25519PublicKey, 0);
        }

        PublicRecord = ComposeRecord();
        FieldPrefix = DkimSigner.ComposePrefix(this);
    }

    /// <summary>Signing domain, A-label (d=).</summary>
    public string Domain { get; }

    /// <summary>Lower case.</summary>
    public string Selector { get; }

    public DkimAlgorithm Algorithm { get; }

    /// <summary>The value of the TXT record to publish at <see cref="RecordName"/>.</summary>
    public string PublicRecord { get; }

    /// <summary>Name of the TXT record.</summary>
    public string RecordName => $"{Selector}._domainkey.{Domain}";

    /// <summary>The part of the signature field that is the same for every message.</summary>
    internal byte[] FieldPrefix { get; }

    /// <summary>Reads a PKCS#8 (or PKCS#1 RSA) private key in PEM; the key type gives the algorithm.</summary>
    /// <exception cref="FormatException">The text is no usable private key; the message says what is wrong.</exception>
    public static DkimKey FromPem(string domain, string selector, string pem)
    {
        if (!PemEncoding.TryFind(pem, out var found))
        {
            throw new FormatException("The text holds no PEM block.");
        }

        var content = new byte[found.DecodedDataLength];
        _ = Convert.TryFromBase64Chars(pem.AsSpan()[found.Base64Data], content, out _);
        try
        {
            return pem.AsSpan()[found.Label] switch
            {
                "PRIVATE KEY" => FromPkcs8(domain, selector, content),
                "RSA PRIVATE KEY" => FromPkcs8(domain, selector, DkimPrivateKeyFormat.RsaToPkcs8(content)),
                var label => throw new FormatException($"PEM block '{label}' is not a private key in clear."),
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Reads a PKCS#8 private key (DER); the key type gives the algorithm.</summary>
    /// <exception cref="FormatException">The octets are no usable private key, or domain or selector is no DNS name.</exception>
    public static DkimKey FromPkcs8(string domain, string selector, ReadOnlySpan<byte> pkcs8)
    {
        if (!DomainName.TryParse(domain, out var domainName) || !DomainName.TryParse(selector, out var selectorName))
        {
            throw new FormatException($"'{selector}' and '{domain}' are not a selector and a domain.");
        }

        if (DkimPrivateKeyFormat.TryReadEd25519(pkcs8, out var seed))
        {
            return new DkimKey(domainName.Ascii, selectorName.Ascii, DkimAlgorithm.Ed25519Sha256, seed);
        }

        using var rsa = DkimPrivateKeyFormat.ImportRsa(pkcs8);
        if (rsa.KeySize is < MinRsaBits or > MaxRsaBits)
        {
            throw new FormatException($"An RSA key of {rsa.KeySize} bits is not usable; {MinRsaBits} to {MaxRsaBits} are, 2048 is advised.");
        }

        return new DkimKey(domainName.Ascii, selectorName.Ascii, DkimAlgorithm.RsaSha256, pkcs8.ToArray());
    }

    /// <summary>Forgets the private key. Signatures in progress finish first.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            CryptographicOperations.ZeroMemory(_privateKey);
            while (_idle.TryTake(out var rsa))
            {
                rsa.Dispose();
            }
        }
    }

    /// <summary>Signs a SHA-256 hash.</summary>
    internal byte[] SignHash(ReadOnlySpan<byte> hash) =>
        Algorithm == DkimAlgorithm.RsaSha256 ? SignWithRsa(hash) : SignWithEd25519(hash);

    private byte[] SignWithRsa(ReadOnlySpan<byte> hash)
    {
        var rsa = Rent();
        try
        {
            return rsa.SignHash(hash, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
        finally
        {
            Return(rsa);
        }
    }

    private RSA Rent()
    {
        if (_idle.TryTake(out var idle))
        {
            return idle;
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return DkimPrivateKeyFormat.ImportRsa(_privateKey);
        }
    }

    private void Return(RSA rsa)
    {
        lock (_gate)
        {
            if (!_disposed && _idle.Count < MaxIdle)
            {
                _idle.Add(rsa);
                return;
            }
        }

        rsa.Dispose();
    }

    private byte[] SignWithEd25519(ReadOnlySpan<byte> hash)
    {
        byte[] seed;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            seed = [.. _privateKey];
        }

        var signature = new byte[Ed25519.SignatureSize];
        Ed25519.Sign(seed, 0, _ed25519PublicKey, 0, hash.ToArray(), 0, hash.Length, signature, 0);
        CryptographicOperations.ZeroMemory(seed);
        return signature;
    }

    private string ComposeRecord()
    {
        if (Algorithm == DkimAlgorithm.Ed25519Sha256)
        {
            return "v=DKIM1; k=ed25519; p=" + Convert.ToBase64String(_ed25519PublicKey);
        }

        using var rsa = DkimPrivateKeyFormat.ImportRsa(_privateKey);
        return "v=DKIM1; k=rsa; p=" + Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo());
    }
}
