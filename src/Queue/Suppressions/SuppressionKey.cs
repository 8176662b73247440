using System.Diagnostics.CodeAnalysis;
using Relay.Mail;

namespace Relay.Queue;

/// <summary>The form in which addresses are compared with the suppression list: lower case, domain as A-labels.</summary>
/// <remarks>Local parts are case-sensitive on paper (RFC 5321 §2.4); nobody who complained as John@ wants mail as john@.</remarks>
public static class SuppressionKey
{
    public const string AnyLocalPart = "*@";
    public const string AnyDomain = "@*";

    public static string Of(Mailbox mailbox) => mailbox.ToString().ToLowerInvariant();

    /// <summary>The patterns that hold an address: its domain, its local part.</summary>
    public static (string Domain, string LocalPart) PatternsOf(string key)
    {
        var at = key.LastIndexOf('@');
        return at < 0 ? (AnyLocalPart + key, key + AnyDomain) : (AnyLocalPart + key[(at + 1)..], key[..at] + AnyDomain);
    }

    public static bool IsPattern(string key) => key.StartsWith(AnyLocalPart, StringComparison.Ordinal) || key.EndsWith(AnyDomain, StringComparison.Ordinal);

    /// <summary>Reads an address or a pattern: <c>user@example.com</c>, <c>*@example.com</c> or <c>@example.com</c>, <c>abuse@*</c>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out string? key)
    {
        key = null;
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        if (text[0] == '@' || text.StartsWith(AnyLocalPart, StringComparison.Ordinal))
        {
            key = DomainName.TryParse(text.AsSpan(text.IndexOf('@', StringComparison.Ordinal) + 1), out var domain) ? AnyLocalPart + domain.Ascii.ToLowerInvariant() : null;
        }
        else if (text.EndsWith(AnyDomain, StringComparison.Ordinal))
        {
            // Any domain will do to check the local part.
            key = Mailbox.TryParse(text[..^1] + "example.com", out var local) ? Of(local)[..^"example.com".Length] + "*" : null;
        }
        else if (Mailbox.TryParse(text, out var mailbox))
        {
            key = Of(mailbox);
        }

        return key is not null;
    }
}
