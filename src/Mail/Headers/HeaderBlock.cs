namespace Relay.Mail;

/// <summary>The fields of a message or body part in order, bytes kept exact (RFC 5322 §2.2).</summary>
public sealed class HeaderBlock
{
    /// <summary>Fields kept of one block; later ones are not looked at.</summary>
    public const int MaxFields = 10_000;

    public static readonly HeaderBlock Empty = new([], ReadOnlyMemory<byte>.Empty);

    internal HeaderBlock(IReadOnlyList<HeaderField> fields, ReadOnlyMemory<byte> bytes, bool isCut = false)
    {
        IsCut = isCut;
        Fields = fields;
        Bytes = bytes;
    }

    /// <summary>All fields, top first.</summary>
    public IReadOnlyList<HeaderField> Fields { get; }

    /// <summary>There are more fields than <see cref="MaxFields"/>: of the others nobody can say anything.</summary>
    public bool IsCut { get; }

    /// <summary>The octets of the fields without the blank line.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Reads fields up to the blank line, the first line that is no field, or the end. Lines end in CRLF or LF.</summary>
    public static HeaderBlock Parse(ReadOnlyMemory<byte> content) => Parse(content, out _);

    /// <inheritdoc cref="Parse(ReadOnlyMemory{byte})"/>
    /// <param name="bodyStart">Where the body begins: behind the blank line, or at the line that is no field.</param>
    public static HeaderBlock Parse(ReadOnlyMemory<byte> content, out int bodyStart)
    {
        var fields = new List<HeaderField>();
        var span = content.Span;
        var at = 0;
        var isCut = false;
        while (HeaderLine.FieldNameLength(span[at..]) is > 0 and var nameLength)
        {
            var length = HeaderLine.FieldLength(span[at..]);
            if (fields.Count < MaxFields)
            {
                fields.Add(new HeaderField(content.Slice(at, length), nameLength));
            }
            else
            {
                isCut = true;
            }

            at += length;
        }

        bodyStart = at + HeaderLine.BlankLineLength(span[at..]);
        return new HeaderBlock(fields, content[..at], isCut);
    }

    /// <summary>The topmost field of that name, or null.</summary>
    public HeaderField? Find(string name)
    {
        foreach (var field in Fields)
        {
            if (field.Is(name))
            {
                return field;
            }
        }

        return null;
    }

    /// <summary>All fields of that name, top first.</summary>
    public IEnumerable<HeaderField> FindAll(string name) => Fields.Where(field => field.Is(name));

    public int Count(string name)
    {
        var count = 0;
        foreach (var field in Fields)
        {
            count += field.Is(name) ? 1 : 0;
        }

        return count;
    }

    public bool Contains(string name) => Find(name) is not null;

    /// <summary>Unfolded value of the topmost field of that name, or null.</summary>
    public string? Value(string name) => Find(name)?.Value;

    /// <summary>Decoded text of the topmost field of that name, or null.</summary>
    public string? Text(string name) => Find(name)?.Text;

    /// <summary>The addresses of all fields of that name.</summary>
    public AddressList Addresses(string name) =>
        Count(name) == 0 ? AddressList.Empty : AddressList.Parse(string.Join(", ", FindAll(name).Select(field => field.Value)));
}
