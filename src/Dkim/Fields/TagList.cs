using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Relay.Dkim;

/// <summary>The tag=value lists of DKIM-Signature fields and key records, strictly (RFC 6376 §3.2; UTF-8 by RFC 8616 §4).</summary>
/// <remarks>At most <see cref="MaxTags"/> tags; a tag given twice makes the whole list invalid, as the RFC demands.</remarks>
internal sealed class TagList
{
    public const int MaxTags = 100;

    private readonly List<Tag> _tags = [];

    private TagList()
    {
    }

    public string? FirstName => _tags.Count > 0 ? _tags[0].Name : null;

    /// <summary>The value with folding and outer white space removed; null when the tag is absent.</summary>
    public string? this[string name] => Find(name)?.Value;

    /// <summary>The value without any white space; null when the tag is absent.</summary>
    public string? Compact(string name) => Find(name) is { } tag ? string.Concat(tag.Value.Where(c => !IsFolding(c))) : null;

    /// <summary>The items of a colon-separated value, trimmed; null when the tag is absent.</summary>
    public string[]? Items(string name) => Find(name)?.Value.Split(':').Select(item => item.Trim(' ', '\t', '\r', '\n')).ToArray();

    /// <summary>Offsets of everything between the equals sign and the semicolon or end.</summary>
    public Range RangeOf(string name) => Find(name)!.Range;

    public static bool TryParse(ReadOnlySpan<byte> text, [NotNullWhen(true)] out TagList? list, out string fault)
    {
        list = null;
        var parsed = new TagList();
        fault = string.Empty;
        for (var start = 0; start < text.Length;)
        {
            var semicolon = text[start..].IndexOf((byte)';');
            var end = semicolon < 0 ? text.Length : start + semicolon;
            var isBlankTail = semicolon < 0 && text[start..].Trim(" \t\r\n"u8).IsEmpty;
            if (!isBlankTail && !parsed.TryAdd(text, start, end, out fault))
            {
                return false;
            }

            start = end + 1;
        }

        if (parsed._tags.Count == 0)
        {
            fault = "tag list is empty";
            return false;
        }

        list = parsed;
        return true;
    }

    private bool TryAdd(ReadOnlySpan<byte> text, int start, int end, out string fault)
    {
        var equals = text[start..end].IndexOf((byte)'=');
        var nameOctets = (equals < 0 ? text[start..end] : text.Slice(start, equals)).Trim(" \t\r\n"u8);
        if (equals < 0 || !IsName(nameOctets))
        {
            fault = "tag list has a malformed tag";
            return false;
        }

        var name = Encoding.ASCII.GetString(nameOctets);
        var range = (start + equals + 1)..end;
        if (!IsValue(text[range]))
        {
            fault = $"tag {name}= has a forbidden character";
            return false;
        }

        if (Find(name) is not null || _tags.Count >= MaxTags)
        {
            fault = _tags.Count >= MaxTags ? "tag list is too long" : $"tag {name}= is given twice";
            return false;
        }

        _tags.Add(new Tag(name, Encoding.UTF8.GetString(text[range].Trim(" \t\r\n"u8)), range));
        fault = string.Empty;
        return true;
    }

    private Tag? Find(string name) => _tags.Find(tag => tag.Name == name);

    private static bool IsName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || !char.IsAsciiLetter((char)name[0]))
        {
            return false;
        }

        foreach (var octet in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)octet) && octet != (byte)'_')
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsValue(ReadOnlySpan<byte> value)
    {
        for (var i = 0; i < value.Length; i++)
        {
            var octet = value[i];
            if (octet == (byte)'\r')
            {
                // Folding only: CRLF and white space behind it.
                if (i + 2 >= value.Length || value[i + 1] != (byte)'\n' || value[i + 2] is not ((byte)' ' or (byte)'\t'))
                {
                    return false;
                }

                i += 2;
            }
            else if (octet is not (byte)'\t' and (< 0x20 or 0x7f))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsFolding(char c) => c is ' ' or '\t' or '\r' or '\n';

    private sealed record Tag(string Name, string Value, Range Range);
}
