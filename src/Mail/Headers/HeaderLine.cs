namespace Relay.Mail;

/// <summary>What a line at the start of content is: field, continuation, blank line or none of these.</summary>
internal static class HeaderLine
{
    /// <summary>Length of the field name at the start, 0 when the line is no field. Space before the colon is taken (RFC 5322 §4.5).</summary>
    public static int FieldNameLength(ReadOnlySpan<byte> content)
    {
        var length = content.IndexOfAnyExceptInRange((byte)'!', (byte)'~');
        var name = length < 0 ? content : content[..length];
        if (name.IndexOf((byte)':') is >= 0 and var colon)
        {
            return colon;
        }

        var rest = content[name.Length..];
        var spaces = rest.IndexOfAnyExcept((byte)' ', (byte)'\t');
        return spaces >= 0 && rest[spaces] == ':' ? name.Length : 0;
    }

    /// <summary>Length of the field at the start with its continuation lines and line ends.</summary>
    public static int FieldLength(ReadOnlySpan<byte> content)
    {
        var at = 0;
        do
        {
            var lineEnd = content[at..].IndexOf((byte)'\n');
            if (lineEnd < 0)
            {
                return content.Length;
            }

            at += lineEnd + 1;
        }
        while (at < content.Length && content[at] is (byte)' ' or (byte)'\t');

        return at;
    }

    /// <summary>2 for CRLF, 1 for LF, else 0.</summary>
    public static int BlankLineLength(ReadOnlySpan<byte> content) => content switch
    {
        [(byte)'\r', (byte)'\n', ..] => 2,
        [(byte)'\n', ..] => 1,
        _ => 0,
    };
}
