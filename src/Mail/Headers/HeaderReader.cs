using System.Buffers;

namespace Relay.Mail;

/// <summary>Collects the header block of content that arrives in pieces of any size, bounded.</summary>
/// <remarks>
/// The block ends at the blank line, or before the first line that is no field (RFC 5322 §2.2): such a line is already body,
/// as Postfix and others read it, so a message that begins with one has an empty header block. Not thread-safe.
/// </remarks>
public sealed class HeaderReader
{
    public const int DefaultMaxBytes = 256 * 1024;

    private readonly int _maxBytes;
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private Place _place = Place.LineStart;
    private int _lineStart;

    public HeaderReader(int maxBytes = DefaultMaxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 2);
        _maxBytes = maxBytes;
    }

    private enum Place
    {
        LineStart,
        Name,
        SpaceBehindName,
        Value,
        CarriageReturn,
    }

    public HeaderReaderState State { get; private set; }

    /// <summary>Octets of content up to and including the blank line, once <see cref="State"/> is Complete.</summary>
    public int HeaderBytes { get; private set; }

    /// <summary>True when a blank line ended the block; without it whoever adds fields must add the line, too.</summary>
    public bool HasBlankLine => State == HeaderReaderState.Complete && HeaderBytes > _bytes.WrittenCount;

    /// <summary>The octets of the fields, without the blank line. Empty when too large.</summary>
    public ReadOnlyMemory<byte> Bytes => State == HeaderReaderState.TooLarge ? ReadOnlyMemory<byte>.Empty : _bytes.WrittenMemory;

    /// <summary>Takes the next piece of content; true when no more is needed. Later pieces change nothing.</summary>
    public bool Append(ReadOnlySpan<byte> content)
    {
        while (State == HeaderReaderState.Reading && !content.IsEmpty)
        {
            content = content[Take(content)..];
        }

        return State != HeaderReaderState.Reading;
    }

    /// <summary>Says that the content has ended.</summary>
    public void End()
    {
        if (State != HeaderReaderState.Reading)
        {
            return;
        }

        var isWholeLine = _place is Place.LineStart or Place.Value;
        Complete(isWholeLine ? _bytes.WrittenCount : _lineStart, blankLine: 0);
    }

    /// <summary>The fields read.</summary>
    public HeaderBlock ToBlock() => HeaderBlock.Parse(Bytes);

    private int Take(ReadOnlySpan<byte> content)
    {
        switch (_place)
        {
            case Place.Value:
                return TakeValue(content);
            case Place.LineStart:
                return TakeLineStart(content[0]);
            case Place.CarriageReturn:
                Complete(_lineStart, blankLine: content[0] == '\n' ? 2 : 0);
                return 0;
            default:
                return TakeName(content[0]);
        }
    }

    private int TakeValue(ReadOnlySpan<byte> content)
    {
        var length = content.IndexOf((byte)'\n') + 1;
        if (length == 0)
        {
            Keep(content);
            return content.Length;
        }

        Keep(content[..length]);
        _place = Place.LineStart;
        _lineStart = _bytes.WrittenCount;
        return length;
    }

    private int TakeLineStart(byte b)
    {
        switch (b)
        {
            case (byte)'\n':
                Complete(_lineStart, blankLine: 1);
                return 0;
            case (byte)'\r':
                _place = Place.CarriageReturn;
                return 1;
            case (byte)' ' or (byte)'\t' when _lineStart > 0:
                _place = Place.Value;
                return 0;
            default:
                _place = Place.Name;
                return 0;
        }
    }

    private int TakeName(byte b)
    {
        var hasName = _bytes.WrittenCount > _lineStart;
        if (b == ':' && hasName)
        {
            _place = Place.Value;
        }
        else if (b is (byte)' ' or (byte)'\t' && hasName)
        {
            _place = Place.SpaceBehindName;
        }
        else if (b is < (byte)'!' or > (byte)'~' or (byte)':' || _place == Place.SpaceBehindName)
        {
            Complete(_lineStart, blankLine: 0);
            return 0;
        }

        Keep([b]);
        return 1;
    }

    private void Keep(ReadOnlySpan<byte> content)
    {
        if (_bytes.WrittenCount + content.Length > _maxBytes)
        {
            State = HeaderReaderState.TooLarge;
            return;
        }

        _bytes.Write(content);
    }

    private void Complete(int length, int blankLine)
    {
        State = HeaderReaderState.Complete;
        HeaderBytes = length + blankLine;
        Truncate(length);
    }

    // ArrayBufferWriter cannot shrink but by starting anew; this happens only for a line that turned out to be no field.
    private void Truncate(int length)
    {
        if (length < _bytes.WrittenCount)
        {
            var kept = _bytes.WrittenSpan[..length].ToArray();
            _bytes.ResetWrittenCount();
            _bytes.Write(kept);
        }
    }
}
