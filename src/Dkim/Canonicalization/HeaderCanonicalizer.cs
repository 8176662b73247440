namespace Relay.Dkim;

/// <summary>Header field canonicalisation (RFC 6376 §3.4.1, §3.4.2). The result always ends in CRLF.</summary>
/// <remarks>The result is never more than two octets longer than the field, see <see cref="MaxLength"/>.</remarks>
internal static class HeaderCanonicalizer
{
    /// <summary>Room that the canonical form of a field of this length needs at most.</summary>
    public static int MaxLength(int fieldLength) => fieldLength + 2;

    /// <summary>Writes the canonical form and returns its length.</summary>
    public static int Write(DkimCanonicalization form, ReadOnlySpan<byte> field, Span<byte> destination) =>
        form == DkimCanonicalization.Relaxed ? WriteRelaxed(field, destination) : WriteSimple(field, destination);

    /// <summary>The field as it is; a missing final CRLF is added.</summary>
    public static int WriteSimple(ReadOnlySpan<byte> field, Span<byte> destination)
    {
        field.CopyTo(destination);
        return field.EndsWith("\r\n"u8) ? field.Length : EndLine(destination, field.Length);
    }

    /// <summary>Lower-case name, no space around the colon, unfolded, runs of white space as one space, none at the end.</summary>
    public static int WriteRelaxed(ReadOnlySpan<byte> field, Span<byte> destination)
    {
        var colon = field.IndexOf((byte)':');
        var written = WriteName(colon < 0 ? field : field[..colon], destination);
        destination[written++] = (byte)':';
        if (colon >= 0)
        {
            written += WriteValue(field[(colon + 1)..], destination[written..]);
        }

        return EndLine(destination, written);
    }

    private static int WriteName(ReadOnlySpan<byte> name, Span<byte> destination)
    {
        name = name.TrimEnd(" \t\r\n"u8);
        for (var i = 0; i < name.Length; i++)
        {
            destination[i] = name[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(name[i] | 0x20) : name[i];
        }

        return name.Length;
    }

    private static int WriteValue(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var written = 0;
        var space = false;
        for (var i = 0; i < value.Length; i++)
        {
            var octet = value[i];
            if (octet is (byte)' ' or (byte)'\t')
            {
                space = written > 0;
                continue;
            }

            if (octet == (byte)'\r' && i + 1 < value.Length && value[i + 1] == (byte)'\n')
            {
                i++;
                continue;
            }

            if (space)
            {
                destination[written++] = (byte)' ';
                space = false;
            }

            destination[written++] = octet;
        }

        return written;
    }

    private static int EndLine(Span<byte> destination, int written)
    {
        "\r\n"u8.CopyTo(destination[written..]);
        return written + 2;
    }
}
