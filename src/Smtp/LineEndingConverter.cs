namespace Relay.Smtp;

/// <summary>Makes CRLF of every line ending in content: of LF alone, of CR alone, and of several CR before a LF.</summary>
/// <remarks>
/// Sees content only, whose end was found before: nothing it makes can end a message here, and on the way out a line that begins with a
/// dot is stuffed like any other. Gives back the longest slices that need no change, without copying.
/// </remarks>
internal sealed class LineEndingConverter
{
    private static readonly ReadOnlyMemory<byte> LineEnding = "\r\n"u8.ToArray();

    // CRs at the end of what was seen, whose line endings are not given back yet.
    private int _carriageReturns;

    /// <summary>Octets given back.</summary>
    public long Bytes { get; private set; }

    /// <summary>The next slice to keep, possibly empty.</summary>
    /// <param name="consumed">Call again with the rest until all is consumed; may be 0.</param>
    public ReadOnlyMemory<byte> Next(ReadOnlyMemory<byte> content, out int consumed)
    {
        var slice = _carriageReturns > 0 ? AfterCarriageReturns(content.Span, out consumed) : Take(content, out consumed);
        Bytes += slice.Length;
        return slice;
    }

    /// <summary>The content is over; call until empty.</summary>
    public ReadOnlyMemory<byte> End()
    {
        if (_carriageReturns == 0)
        {
            return default;
        }

        _carriageReturns--;
        Bytes += LineEnding.Length;
        return LineEnding;
    }

    private ReadOnlyMemory<byte> AfterCarriageReturns(ReadOnlySpan<byte> content, out int consumed)
    {
        switch (content[0])
        {
            case (byte)'\r':
                _carriageReturns++;
                consumed = 1;
                return default;
            case (byte)'\n':
                _carriageReturns = 0;
                consumed = 1;
                return LineEnding;
            default:
                _carriageReturns--;
                consumed = 0;
                return LineEnding;
        }
    }

    private ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> content, out int consumed)
    {
        var span = content.Span;
        var at = 0;
        while (true)
        {
            var found = span[at..].IndexOfAny((byte)'\r', (byte)'\n');
            if (found < 0)
            {
                consumed = span.Length;
                return content;
            }

            at += found;
            if (span[at] == '\r' && at + 1 < span.Length && span[at + 1] == '\n')
            {
                at += 2;
                continue;
            }

            if (at > 0)
            {
                consumed = at;
                return content[..at];
            }

            consumed = 1;
            if (span[0] == '\n')
            {
                return LineEnding;
            }

            _carriageReturns = 1;
            return default;
        }
    }
}
