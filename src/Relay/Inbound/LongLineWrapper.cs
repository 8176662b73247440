namespace Relay;

/// <summary>Finds lines over 998 octets (RFC 5322 §2.1.1) and can break them with CRLF and a space, never inside a UTF-8 character.</summary>
/// <remarks>
/// The space makes the rest of a header field its continuation, and shows a reader of the body where the line was broken. Content is given
/// back as slices of what came in, with the break between them; it comes in pieces of any size. Not thread safe.
/// </remarks>
internal sealed class LongLineWrapper(bool wraps)
{
    public const int MaxLineOctets = 998;

    private static readonly ReadOnlyMemory<byte> Break = "\r\n "u8.ToArray();

    private int _length;
    private bool _breaks;

    /// <summary>A line over the limit was seen.</summary>
    public bool HasLongLine { get; private set; }

    /// <summary>The next slice of the result.</summary>
    /// <param name="consumed">Call again with the rest until all is consumed; 0 means that the slice is a break.</param>
    public ReadOnlyMemory<byte> Next(ReadOnlyMemory<byte> piece, out int consumed)
    {
        if (_breaks)
        {
            _breaks = false;
            _length = 1;
            consumed = 0;
            return Break;
        }

        var octets = piece.Span;
        for (var at = 0; at < octets.Length; at++)
        {
            var octet = octets[at];
            if (octet == '\n')
            {
                _length = 0;
            }
            else if (octet != '\r' && !Fits(octet))
            {
                HasLongLine = true;
                if (wraps)
                {
                    _breaks = true;
                    consumed = at;
                    return at > 0 ? piece[..at] : Next(piece, out consumed);
                }
            }
            else if (octet != '\r')
            {
                _length++;
            }
        }

        consumed = octets.Length;
        return piece;
    }

    // Continuation octets were accounted for when their character began; without one they are single octets.
    private bool Fits(byte octet) => octet switch
    {
        _ when !wraps => _length + 1 <= MaxLineOctets,
        >= 0xF0 => _length + 4 <= MaxLineOctets,
        >= 0xE0 => _length + 3 <= MaxLineOctets,
        >= 0xC0 => _length + 2 <= MaxLineOctets,
        _ => _length + 1 <= MaxLineOctets,
    };
}
