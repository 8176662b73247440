using System.Text;

namespace Relay.Mail;

/// <summary>Comments of structured fields, nested and with quoted pairs (RFC 5322 §3.2.2).</summary>
internal static class CommentReader
{
    /// <summary>Skips the comment that opens at <paramref name="start"/>; returns the position behind it, the end when it is not closed.</summary>
    public static int Skip(ReadOnlySpan<char> text, int start, StringBuilder? content = null) => Skip(text, start, out _, content);

    /// <inheritdoc cref="Skip(ReadOnlySpan{char}, int, StringBuilder?)"/>
    public static int Skip(ReadOnlySpan<char> text, int start, out bool isClosed, StringBuilder? content = null)
    {
        isClosed = true;
        var depth = 0;
        for (var i = start; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '(' && depth++ == 0)
            {
                continue;
            }

            if (c == ')' && --depth == 0)
            {
                return i + 1;
            }

            if (c == '\\' && i + 1 < text.Length)
            {
                c = text[++i];
            }

            if (c is not ('\r' or '\n'))
            {
                content?.Append(c);
            }
        }

        isClosed = false;
        return text.Length;
    }

    /// <summary>The text without its comments, each replaced by a space; quoted strings are left alone.</summary>
    public static string Remove(string text)
    {
        if (!text.Contains('(', StringComparison.Ordinal))
        {
            return text;
        }

        var rest = new StringBuilder(text.Length);
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '(' && !quoted)
            {
                i = Skip(text, i) - 1;
                rest.Append(' ');
                continue;
            }

            if (text[i] == '\\' && quoted && i + 1 < text.Length)
            {
                rest.Append(text[i++]);
            }
            else if (text[i] == '"')
            {
                quoted = !quoted;
            }

            rest.Append(text[i]);
        }

        return rest.ToString();
    }
}
