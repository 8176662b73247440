using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Relay.Platform.Emails;

/// <summary>SHA-256 of what a raw e-mail says, however it was handed in: the same message in JSON and as message/rfc822 is one request.</summary>
internal static class RawDigest
{
    public static byte[] Compute(RawFields fields)
    {
        var facts = string.Join(
            '\n',
            "raw",
            fields.From?.Mailbox.ToString() ?? string.Empty,
            fields.To is null ? string.Empty : string.Join(' ', fields.To.Select(named => named.Mailbox.ToString()).Order(StringComparer.Ordinal)),
            fields.ScheduledAt?.ToString("O", CultureInfo.InvariantCulture) ?? string.Empty,
            fields.Tags is null ? string.Empty : string.Join('\t', fields.Tags),
            fields.Stream?.ToString() ?? string.Empty,
            fields.TrackOpens.ToString(),
            fields.TrackClicks.ToString() + Expiry(fields));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(facts + "\n\n"));
        hash.AppendData(fields.Message ?? []);
        return hash.GetHashAndReset();
    }

    // Nothing where nothing is said: what was handed in before keeps its digest.
    private static string Expiry(RawFields fields) => fields is { ExpiresAt: null, ExpiresIn: null }
        ? string.Empty
        : string.Create(CultureInfo.InvariantCulture, $"\n{fields.ExpiresAt:O}\n{fields.ExpiresIn}");
}
