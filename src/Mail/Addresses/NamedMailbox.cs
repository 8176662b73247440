using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Relay.Mail;

/// <summary>A mailbox with the name people see, as header fields carry it (RFC 5322 §3.4).</summary>
/// <param name="DisplayName">Decoded; null when absent.</param>
public sealed record NamedMailbox(string? DisplayName, Mailbox Mailbox)
{
    private static readonly SearchValues<char> PhraseCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~ ");

    /// <summary>Parses exactly one address, <c>user@example.com</c> or <c>Name &lt;user@example.com&gt;</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out NamedMailbox? mailbox)
    {
        var list = AddressList.Parse(text);
        mailbox = list is { Count: 1, Unparsed.Count: 0, Groups: [{ Name: null }] } ? list[0] : null;
        return mailbox is not null;
    }

    /// <summary>The form for a header field, with the name quoted or encoded where needed (RFC 2047 §5); not folded.</summary>
    public string ToHeaderText() =>
        string.IsNullOrWhiteSpace(DisplayName) ? Mailbox.ToString() : $"{Phrase(DisplayName)} <{Mailbox}>";

    /// <summary>The form for people: the name as it is.</summary>
    public override string ToString() => string.IsNullOrWhiteSpace(DisplayName) ? Mailbox.ToString() : $"{DisplayName} <{Mailbox}>";

    /// <summary>A phrase of RFC 5322 §3.2.5: atoms, quoted string or encoded words.</summary>
    internal static string Phrase(string text)
    {
        var clean = HeaderFolding.Flatten(text);
        if (EncodedWord.IsNeededFor(clean))
        {
            return EncodedWord.Encode(clean);
        }

        var isAtoms = clean.Length > 0 && clean[0] != ' ' && clean[^1] != ' ' && !clean.Contains("  ", StringComparison.Ordinal);
        return isAtoms && !clean.AsSpan().ContainsAnyExcept(PhraseCharacters) ? clean : Quote(clean);
    }

    internal static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            if (c is '"' or '\\')
            {
                quoted.Append('\\');
            }

            quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }
}
