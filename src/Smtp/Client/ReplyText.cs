using System.Text;
using System.Text.Unicode;

namespace Relay.Smtp.Client;

/// <summary>Makes the text of a reply fit for logs and reports.</summary>
internal static class ReplyText
{
    /// <summary>UTF-8 where it is valid, else Latin-1; tabs become spaces, other control characters and line separators go.</summary>
    public static string Decode(ReadOnlySpan<byte> text)
    {
        if (!text.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            return Encoding.ASCII.GetString(text);
        }

        var decoded = Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : Encoding.Latin1.GetString(text);
        var kept = new StringBuilder(decoded.Length);
        foreach (var c in decoded)
        {
            if (c == '\t')
            {
                kept.Append(' ');
            }
            else if (!char.IsControl(c) && c is not ('\u2028' or '\u2029'))
            {
                kept.Append(c);
            }
        }

        return kept.ToString();
    }
}
