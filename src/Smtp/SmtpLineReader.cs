using System.Buffers;
using System.Text;

namespace Relay.Smtp;

/// <summary>Takes command lines from a buffer: ended by CRLF only, bounded (RFC 5321 §2.3.8, §4.5.3.1.4).</summary>
/// <remarks>A line over the limit is skipped as it arrives and reported when its end is found, so that the session can go on.</remarks>
internal sealed class SmtpLineReader
{
    // Beyond this the other side does not speak lines at all.
    private const int MaxSkippedBytes = 256 * 1024;

    private int _skipped;

    /// <summary>Whether the line last found too long was an AUTH command: those may be longer, and are answered otherwise (RFC 4954 §6).</summary>
    public bool LongLineIsAuth { get; private set; }

    /// <summary>Advances <paramref name="buffer"/> over what was taken; on <see cref="LineStatus.Line"/> gives the line without CRLF.</summary>
    /// <param name="maxLength">Longest line, CRLF included.</param>
    public LineStatus TryRead(ref ReadOnlySequence<byte> buffer, int maxLength, out ReadOnlySequence<byte> line)
    {
        line = default;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadToAny(out ReadOnlySequence<byte> text, "\r\n"u8, advancePastDelimiter: false))
        {
            return SkipOrWait(ref buffer, maxLength);
        }

        reader.TryRead(out var delimiter);
        if (delimiter == '\n')
        {
            return LineStatus.BareLineEnding;
        }

        if (!reader.TryRead(out var next))
        {
            return SkipOrWait(ref buffer, maxLength, keep: 1);
        }

        if (next != '\n')
        {
            return LineStatus.BareLineEnding;
        }

        buffer = buffer.Slice(reader.Position);
        if (_skipped > 0 || text.Length + 2 > maxLength)
        {
            NoteVerb(text);
            _skipped = 0;
            return LineStatus.TooLong;
        }

        line = text;
        return LineStatus.Line;
    }

    private LineStatus SkipOrWait(ref ReadOnlySequence<byte> buffer, int maxLength, int keep = 0)
    {
        if (_skipped == 0 && buffer.Length < maxLength)
        {
            return LineStatus.More;
        }

        NoteVerb(buffer);
        var skip = buffer.Length - keep;
        _skipped = (int)Math.Min(_skipped + skip, MaxSkippedBytes + 1);
        buffer = buffer.Slice(skip);
        return _skipped > MaxSkippedBytes ? LineStatus.Flood : LineStatus.More;
    }

    // Of a line that is skipped as it arrives, the first piece has the verb.
    private void NoteVerb(ReadOnlySequence<byte> text)
    {
        if (_skipped == 0)
        {
            Span<byte> verb = stackalloc byte[5];
            verb.Clear();
            text.Slice(0, Math.Min(text.Length, verb.Length)).CopyTo(verb);
            LongLineIsAuth = Ascii.EqualsIgnoreCase(verb, "AUTH "u8);
        }
    }
}
