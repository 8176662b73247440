using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Relay.Senders;

namespace Relay.Platform.Webhooks;

/// <summary>Makes, seals and opens what only a webhook's owner may know: signing secrets and the values of own headers.</summary>
internal sealed class WebhookSecrets(KeyRing keyRing)
{
    /// <summary>A secret in the form of the Standard Webhooks specification: this prefix and 24–64 bytes in base64.</summary>
    public const string Prefix = "whsec_";

    private const int SecretBytes = 32;

    public static string Generate() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes));

    public byte[] SealSecret(Guid webhook, string secret) => keyRing.Seal(Encoding.ASCII.GetBytes(secret), SecretPurpose(webhook));

    /// <summary>The secrets in force, the newest first.</summary>
    /// <exception cref="CryptographicException">The key ring lacks the key they were sealed with.</exception>
    public IReadOnlyList<string> OpenSecrets(Webhook webhook, DateTimeOffset now)
    {
        var current = Open(webhook.SealedSecret, SecretPurpose(webhook.Uid));
        return webhook.SealedPreviousSecret is { } previous && webhook.PreviousSecretUntil > now
            ? [current, Open(previous, SecretPurpose(webhook.Uid))]
            : [current];
    }

    /// <summary>Null when there are none.</summary>
    public ReadOnlyMemory<byte>? SealHeaders(Guid webhook, IReadOnlyDictionary<string, string> headers) =>
        headers.Count == 0 ? default(ReadOnlyMemory<byte>?) : keyRing.Seal(JsonSerializer.SerializeToUtf8Bytes(headers), HeaderPurpose(webhook));

    /// <exception cref="CryptographicException">The key ring lacks the key they were sealed with.</exception>
    public IReadOnlyDictionary<string, string> OpenHeaders(Webhook webhook) =>
        webhook.SealedHeaders is { } sealedHeaders
            ? JsonSerializer.Deserialize<Dictionary<string, string>>(keyRing.Open(sealedHeaders.Span, HeaderPurpose(webhook.Uid)))!
            : new Dictionary<string, string>();

    private string Open(ReadOnlyMemory<byte> secret, string purpose) => Encoding.ASCII.GetString(keyRing.Open(secret.Span, purpose));

    private static string SecretPurpose(Guid webhook) => $"webhook secret {webhook:N}";

    private static string HeaderPurpose(Guid webhook) => $"webhook headers {webhook:N}";
}
