using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Relay.Platform.Webhooks;

/// <summary>Signs a call in two forms side by side, so that receivers written for either need no change.</summary>
/// <remarks>
/// Standard Webhooks: HMAC-SHA256 over "id.timestamp.body" with the bytes behind the prefix of the secret, in base64; one signature for each
/// secret in force. The client library's form: HMAC-SHA256 over "timestamp.body" with the whole text of the secret, in hexadecimal; its
/// receivers compare one signature, which is made with the newest secret.
/// </remarks>
internal static class WebhookSigner
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";
    public const string LibraryPrefix = "X-UseSend-";

    /// <param name="secrets">In force, the newest first; at least one.</param>
    public static IEnumerable<KeyValuePair<string, string>> Headers(WebhookCall call, IReadOnlyList<string> secrets, DateTimeOffset now)
    {
        var id = PublicId.Text(call.EventUid);
        var seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var milliseconds = now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return
        [
            new(IdHeader, id),
            new(TimestampHeader, seconds),
            new(SignatureHeader, string.Join(' ', secrets.Select(secret => Standard(secret, id, seconds, call.Body.Span)))),
            new(LibraryPrefix + "Signature", Library(secrets[0], milliseconds, call.Body.Span)),
            new(LibraryPrefix + "Timestamp", milliseconds),
            new(LibraryPrefix + "Event", call.Type),
            new(LibraryPrefix + "Call", PublicId.Text(call.DeliveryUid)),
        ];
    }

    public static string Standard(string secret, string id, string timestamp, ReadOnlySpan<byte> body)
    {
        var key = Convert.FromBase64String(secret[WebhookSecrets.Prefix.Length..]);
        return "v1," + Convert.ToBase64String(Hash(key, $"{id}.{timestamp}.", body));
    }

    public static string Library(string secret, string timestamp, ReadOnlySpan<byte> body) =>
        "v1=" + Convert.ToHexStringLower(Hash(Encoding.UTF8.GetBytes(secret), timestamp + ".", body));

    private static byte[] Hash(byte[] key, string before, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.UTF8.GetBytes(before));
        hmac.AppendData(body);
        return hmac.GetHashAndReset();
    }
}

/// <summary>One call to be made, without what depends on its moment.</summary>
internal sealed record WebhookCall(Guid EventUid, Guid DeliveryUid, string Type, ReadOnlyMemory<byte> Body);
