using System.Text;

namespace Relay.Mail;

/// <summary>One header field with its bytes exact (RFC 5322 §2.2).</summary>
public sealed class HeaderField
{
    private readonly int _nameLength;

    internal HeaderField(ReadOnlyMemory<byte> raw, int nameLength)
    {
        Raw = raw;
        _nameLength = nameLength;
        Name = Encoding.ASCII.GetString(raw.Span[..nameLength]);
    }

    /// <summary>Name as written.</summary>
    public string Name { get; }

    /// <summary>All octets: name, colon, value, folding and final line end.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>The octets behind the colon up to the end of the field, with folding and final line end.</summary>
    public ReadOnlyMemory<byte> RawValue => Raw[(Raw.Span.IndexOf((byte)':') + 1)..];

    /// <summary>The value unfolded and trimmed, encoded words as they are; bytes as UTF-8, or ISO-8859-1 when they are not UTF-8.</summary>
    public string Value => Unfold(Charset.DecodeUnlabelled(RawValue.Span));

    /// <summary>The value for people: unfolded, encoded words decoded. May contain any character, also line ends.</summary>
    public string Text => EncodedWord.Decode(Value);

    /// <summary>Compares names as fields do, without regard to case.</summary>
    public bool Is(ReadOnlySpan<char> name) => name.Length == _nameLength && name.Equals(Name, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => $"{Name}: {Value}";

    private static string Unfold(string value) =>
        value.Replace("\r", string.Empty, StringComparison.Ordinal).Replace("\n", string.Empty, StringComparison.Ordinal).AsSpan().Trim(" \t").ToString();
}
