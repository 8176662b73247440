using System.Buffers;
using System.Globalization;
using System.Text;

namespace Relay.Mail;

/// <summary>Encoded words of RFC 2047, with the language suffix of RFC 2231 §5.</summary>
public static class EncodedWord
{
    /// <summary>RFC 2047 §2: an encoded word has at most 75 characters.</summary>
    private const int MaxLength = 75;

    private const string Prefix = "=?utf-8?B?";
    private const int MaxPayload = MaxLength - 12;

    /// <summary>A word longer than this could not be folded below 998 octets (RFC 5322 §2.1.1).</summary>
    private const int MaxPlainWord = 900;

    // RFC 2047 §5(3): what may stand unencoded in every place, also within a phrase.
    private static readonly SearchValues<byte> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"u8);

    /// <summary>True when the text cannot stand in a header field as it is: non-ASCII, controls, what looks like an encoded word, endless words.</summary>
    public static bool IsNeededFor(ReadOnlySpan<char> text)
    {
        if (text.ContainsAnyExceptInRange(' ', '~') || text.Contains("=?", StringComparison.Ordinal))
        {
            return true;
        }

        while (text.Length > MaxPlainWord)
        {
            var space = text[..(MaxPlainWord + 1)].LastIndexOf(' ');
            if (space < 0)
            {
                return true;
            }

            text = text[(space + 1)..];
        }

        return false;
    }

    /// <summary>The text as encoded words of UTF-8, separated by single spaces, split between characters.</summary>
    /// <remarks>Q where most characters are ASCII and so stay readable, else B (RFC 2047 §4). Half surrogate pairs become U+FFFD. The empty text stays empty.</remarks>
    public static string Encode(string text)
    {
        var useQ = IsMostlyAscii(text);
        var words = new StringBuilder();
        var bytes = new byte[MaxPayload + 4];
        var used = 0;
        Span<byte> character = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var length = rune.EncodeToUtf8(character);
            character[..length].CopyTo(bytes.AsSpan(used));
            var payload = bytes.AsSpan(0, used + length);
            if (used > 0 && (useQ ? QLength(payload) : (payload.Length + 2) / 3 * 4) > MaxPayload)
            {
                AppendWord(words, bytes.AsSpan(0, used), useQ);
                character[..length].CopyTo(bytes);
                used = 0;
            }

            used += length;
        }

        if (used > 0)
        {
            AppendWord(words, bytes.AsSpan(0, used), useQ);
        }

        return words.ToString();
    }

    /// <summary>Decodes all encoded words and drops the space between adjacent ones (RFC 2047 §6.2); what is malformed or of unknown charset stays.</summary>
    /// <remarks>Characters that a sender cut in two between words of one charset are joined, though RFC 2047 §5 forbids to cut them.</remarks>
    public static string Decode(string text)
    {
        if (!text.Contains("=?", StringComparison.Ordinal))
        {
            return text;
        }

        var decoder = new EncodedWordDecoder(text);
        return decoder.Decode();
    }

    private static bool IsMostlyAscii(string text)
    {
        var balance = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            balance += rune.IsAscii ? 1 : -1;
        }

        return balance >= 0;
    }

    private static int QLength(ReadOnlySpan<byte> bytes)
    {
        var length = 0;
        foreach (var b in bytes)
        {
            length += b == ' ' || Plain.Contains(b) ? 1 : 3;
        }

        return length;
    }

    private static void AppendWord(StringBuilder words, ReadOnlySpan<byte> bytes, bool useQ)
    {
        if (words.Length > 0)
        {
            words.Append(' ');
        }

        words.Append(Prefix);
        if (!useQ)
        {
            words.Append(Convert.ToBase64String(bytes)).Append("?=");
            return;
        }

        words[^2] = 'Q';
        foreach (var b in bytes)
        {
            if (b == ' ')
            {
                words.Append('_');
            }
            else if (Plain.Contains(b))
            {
                words.Append((char)b);
            }
            else
            {
                words.Append(CultureInfo.InvariantCulture, $"={b:X2}");
            }
        }

        words.Append("?=");
    }
}
