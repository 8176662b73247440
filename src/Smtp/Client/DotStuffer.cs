namespace Relay.Smtp.Client;

/// <summary>Content to wire form: a dot before every line that begins with one, CRLF and the lone dot at the end (RFC 5321 §4.5.2).</summary>
/// <remarks>
/// Lines are taken to begin behind every LF, with or without CR: content never holds a bare LF, and if it did, no peer
/// may find the end of the message inside it. Pieces may be cut anywhere. A mutable value: hold it in a field.
/// </remarks>
internal struct DotStuffer
{
    /// <summary>Room that <see cref="Finish"/> may need.</summary>
    public const int MaxEndBytes = 5;

    private byte _beforeLast;
    private byte _last;
    private bool _hasContent;

    /// <summary>Copies as much of <paramref name="source"/> as fits and returns the octets taken; fewer only when the target is full.</summary>
    public int Copy(ReadOnlySpan<byte> source, Span<byte> target, out int written)
    {
        written = 0;
        var taken = 0;
        while (taken < source.Length && written < target.Length)
        {
            var rest = source[taken..];
            var stuffed = rest[0] == '.' && (!_hasContent || _last == '\n');
            if (stuffed)
            {
                if (target.Length - written < 2)
                {
                    break;
                }

                target[written++] = (byte)'.';
            }

            // The piece up to the next line that begins with a dot is copied as it is.
            var newline = rest.IndexOf("\n."u8);
            var piece = Math.Min(newline < 0 ? rest.Length : newline + 1, target.Length - written);
            rest[..piece].CopyTo(target[written..]);
            Remember(rest[..piece]);
            taken += piece;
            written += piece;
        }

        return taken;
    }

    /// <summary>Writes the end of the content into at least <see cref="MaxEndBytes"/> octets and returns how many there are.</summary>
    public readonly int Finish(Span<byte> target)
    {
        var end = !_hasContent || (_beforeLast == '\r' && _last == '\n') ? ".\r\n"u8 : "\r\n.\r\n"u8;
        end.CopyTo(target);
        return end.Length;
    }

    private void Remember(ReadOnlySpan<byte> piece)
    {
        _beforeLast = piece.Length > 1 ? piece[^2] : _last;
        _last = piece[^1];
        _hasContent = true;
    }
}
