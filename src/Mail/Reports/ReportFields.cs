namespace Relay.Mail;

/// <summary>Groups of fields separated by blank lines, as machine-readable report parts have them (RFC 3464 §2.1.2).</summary>
internal static class ReportFields
{
    private const int MaxGroups = 10_000;

    /// <summary>All groups that hold a field; lines that are no fields are passed over.</summary>
    public static List<HeaderBlock> ReadGroups(ReadOnlyMemory<byte> content)
    {
        var groups = new List<HeaderBlock>();
        var fields = new List<HeaderField>();
        while (!content.IsEmpty && groups.Count < MaxGroups)
        {
            var block = HeaderBlock.Parse(content, out _);
            fields.AddRange(block.Fields);
            content = content[block.Bytes.Length..];
            var lineLength = content.Span.IndexOf((byte)'\n') + 1;
            var line = lineLength == 0 ? content : content[..lineLength];
            content = content[line.Length..];
            if (line.Span.TrimEnd(" \t\r\n"u8).IsEmpty)
            {
                EndGroup(groups, fields);
                fields = [];
            }
        }

        EndGroup(groups, fields);
        return groups;
    }

    /// <summary>The value behind "type;", or the whole value when no type is given; null for an empty one.</summary>
    public static string? WithoutType(string? value) => WithoutType(value, out _);

    public static string? WithoutType(string? value, out string? type)
    {
        type = null;
        if (value is null)
        {
            return null;
        }

        var semicolon = value.IndexOf(';', StringComparison.Ordinal);
        if (semicolon >= 0 && IsType(value.AsSpan(0, semicolon).Trim()))
        {
            type = value[..semicolon].Trim().ToLowerInvariant();
            value = value[(semicolon + 1)..];
        }

        value = value.Trim();
        return value.Length == 0 ? null : value;
    }

    /// <summary>An address without type and angle brackets.</summary>
    public static string? Address(string? value)
    {
        var address = WithoutType(value);
        if (address is not null && address.IndexOf('<', StringComparison.Ordinal) is >= 0 and var open
            && address.IndexOf('>', open) is > 0 and var close)
        {
            address = address[(open + 1)..close].Trim();
        }

        return string.IsNullOrEmpty(address) ? null : address;
    }

    public static DateTimeOffset? Date(string? value) => value is not null && MailDate.TryParse(value, out var date) ? date : null;

    private static bool IsType(ReadOnlySpan<char> text) => ParameterValue.IsToken(text);

    private static void EndGroup(List<HeaderBlock> groups, List<HeaderField> fields)
    {
        if (fields.Count > 0)
        {
            groups.Add(new HeaderBlock(fields, ReadOnlyMemory<byte>.Empty));
        }
    }
}
