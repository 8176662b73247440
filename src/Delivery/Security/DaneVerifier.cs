using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Relay.Dns;

namespace Relay.Delivery;

/// <summary>Compares what a host shows with its TLSA records (RFC 6698 §2.1, RFC 7672 §3.1).</summary>
internal static class DaneVerifier
{
    /// <param name="chain">As the handshake built it, with the certificates the host sent.</param>
    /// <param name="errors">What the usual verification found; of it only the name counts, and only for usage 2.</param>
    public static bool IsSatisfied(IReadOnlyList<TlsaRecord> records, X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        foreach (var record in records)
        {
            var matches = record.Usage == 3
                ? Matches(record, certificate)
                : !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) && IsIssuedBelow(record, certificate, chain);
            if (matches)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>DANE-TA: an authority that the host sent along is named by the record, and the certificate leads there.</summary>
    private static bool IsIssuedBelow(TlsaRecord record, X509Certificate2 certificate, X509Chain? chain)
    {
        var sent = new X509Certificate2Collection();
        sent.AddRange(chain?.ChainPolicy.ExtraStore ?? []);
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            sent.Add(element.Certificate);
        }

        var anchors = sent.Where(candidate => Matches(record, candidate)).ToList();
        if (anchors.Count == 0)
        {
            return false;
        }

        using var own = new X509Chain();
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.DisableCertificateDownloads = true;
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;

        // The anchor may be no root of its own: then the chain is partial above it, which is no concern of ours.
        own.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        own.ChainPolicy.ExtraStore.AddRange(sent);
        anchors.ForEach(anchor => own.ChainPolicy.CustomTrustStore.Add(anchor));
        return own.Build(certificate) && own.ChainElements.Any(element => anchors.Exists(anchor => anchor.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)));
    }

    private static bool Matches(TlsaRecord record, X509Certificate2 certificate)
    {
        var selected = record.Selector == 0 ? certificate.RawData : certificate.PublicKey.ExportSubjectPublicKeyInfo();
        return record.MatchingType switch
        {
            1 => record.Data.Span.SequenceEqual(SHA256.HashData(selected)),
            2 => record.Data.Span.SequenceEqual(SHA512.HashData(selected)),
            _ => record.Data.Span.SequenceEqual(selected),
        };
    }
}
