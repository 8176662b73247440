using System.Buffers;
using System.Text;

namespace Relay.Mail;

/// <summary>Writes header fields: folded at 78 characters where space allows, never over 998 octets a line (RFC 5322 §2.1.1, §2.2.3).</summary>
/// <remarks>Line ends and other controls in a value become spaces, so no value can add a field or end the header block.</remarks>
public static class HeaderFolding
{
    private const int PreferredLength = 78;
    private const int MaxLength = 998;
    private const int MaxSpaceRun = 32;

    private static readonly SearchValues<char> Space = SearchValues.Create(" \t");

    /// <summary>A field whose value is already in its wire form, with its final CRLF.</summary>
    /// <exception cref="ArgumentException">The name is no field name.</exception>
    public static string Field(string name, string value)
    {
        if (!IsFieldName(name))
        {
            throw new ArgumentException($"'{name}' is not a field name", nameof(name));
        }

        var folded = new StringBuilder(name.Length + value.Length + 8).Append(name).Append(':');
        AppendFolded(folded, Flatten(value).AsSpan().Trim(" \t"));
        return folded.Append("\r\n").ToString();
    }

    /// <summary>A field of free text such as Subject, with encoded words where needed (RFC 2047 §5(1)).</summary>
    public static string TextField(string name, string text)
    {
        var clean = Flatten(text).Trim(' ');
        return Field(name, EncodedWord.IsNeededFor(clean) ? EncodedWord.Encode(clean) : clean);
    }

    /// <summary>1–76 printable ASCII characters without colon and space (RFC 5322 §3.6.8).</summary>
    public static bool IsFieldName(ReadOnlySpan<char> name) =>
        name.Length is >= 1 and <= PreferredLength - 2 && !name.ContainsAnyExceptInRange('!', '~') && !name.Contains(':');

    /// <summary>The text on one line: folding undone, every control a space.</summary>
    internal static string Flatten(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\x1f') && !text.AsSpan().ContainsAnyInRange('\x7f', '\x9f'))
        {
            return text;
        }

        var flat = text.Replace("\r\n ", " ", StringComparison.Ordinal).Replace("\r\n\t", " ", StringComparison.Ordinal);
        return string.Create(flat.Length, flat, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        });
    }

    // A chunk is a word with the spaces before it; a line break may stand before any chunk but the first.
    private static void AppendFolded(StringBuilder folded, ReadOnlySpan<char> value)
    {
        var lineLength = folded.Length;
        var isFirst = true;
        while (!value.IsEmpty)
        {
            var spaces = Math.Max(value.IndexOfAnyExcept(Space), 0);
            var wordEnd = value[spaces..].IndexOfAny(Space) is >= 0 and var length ? spaces + length : value.Length;
            ReadOnlySpan<char> space = spaces == 0 ? " " : value[..Math.Min(spaces, MaxSpaceRun)];
            var word = value[spaces..wordEnd];
            value = value[wordEnd..];

            var chunkLength = space.Length + Encoding.UTF8.GetByteCount(word);
            if (lineLength + chunkLength > (isFirst ? MaxLength : PreferredLength))
            {
                folded.Append("\r\n");
                lineLength = 0;
            }

            folded.Append(space);
            lineLength += chunkLength;
            isFirst = false;
            if (lineLength <= MaxLength)
            {
                folded.Append(word);
            }
            else
            {
                lineLength = AppendCut(folded, word, space.Length);
            }
        }
    }

    // A word without any space in 998 octets can only be cut; callers encode such text before it comes here.
    private static int AppendCut(StringBuilder folded, ReadOnlySpan<char> word, int lineLength)
    {
        foreach (var rune in word.EnumerateRunes())
        {
            if (lineLength + rune.Utf8SequenceLength > MaxLength)
            {
                folded.Append("\r\n ");
                lineLength = 1;
            }

            folded.Append(rune.ToString());
            lineLength += rune.Utf8SequenceLength;
        }

        return lineLength;
    }
}
