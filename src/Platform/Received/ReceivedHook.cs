using System.Buffers.Text;
using Relay.Platform.Webhooks;

namespace Relay.Platform;

/// <summary>Where mail received for one domain goes.</summary>
/// <param name="Secret">In the form of <see cref="IsSecret"/>; signs every call.</param>
public sealed record ReceivedHook(Uri Url, string Secret)
{
    private const int FewestKeyBytes = 24;
    private const int MostKeyBytes = 64;

    /// <summary>As the Standard Webhooks specification writes secrets: <c>whsec_</c> and 24 to 64 bytes in base64.</summary>
    public static bool IsSecret(string text) =>
        text.StartsWith(WebhookSecrets.Prefix, StringComparison.Ordinal)
        && Base64.IsValid(text.AsSpan(WebhookSecrets.Prefix.Length), out var length)
        && length is >= FewestKeyBytes and <= MostKeyBytes;

    /// <summary>The secret stays out of every log.</summary>
    public override string ToString() => Url.AbsoluteUri;
}
