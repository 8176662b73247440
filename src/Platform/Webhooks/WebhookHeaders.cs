using System.Buffers;

namespace Relay.Platform.Webhooks;

/// <summary>Which own headers a webhook may send.</summary>
internal static class WebhookHeaders
{
    public const int MaxCount = 20;
    public const int MaxNameLength = 100;
    public const int MaxValueLength = 2_000;

    // token of RFC 9110 §5.6.2
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // Those of the connection (RFC 9110 §7.6.1), of the message's framing, and those we answer for.
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        "Host", "Content-Length", "Content-Type", "Content-Encoding", "Content-Range", "Expect", "Date", "User-Agent",
    };

    /// <summary>What is wrong with a header; null when it may be sent.</summary>
    public static string? Fault(string name, string value)
    {
        if (name.Length is 0 or > MaxNameLength || name.AsSpan().ContainsAnyExcept(TokenCharacters))
        {
            return $"is no header name of at most {MaxNameLength} characters";
        }

        if (Reserved.Contains(name)
            || name.StartsWith("webhook-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith(WebhookSigner.LibraryPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return "is a header this server sends itself or that belongs to the connection";
        }

        return value.Length > MaxValueLength || value.AsSpan().ContainsAnyExceptInRange(' ', '~') || value.Trim() != value
            ? $"must have a value of at most {MaxValueLength} printable ASCII characters without spaces at its ends"
            : null;
    }
}
