using System.Buffers;

namespace Relay.Smtp;

/// <summary>Takes command lines from a buffer: ended by CRLF only, bounded (RFC 5321 §2.3.8, §4.5.3.1.4).</summary>
/// <remarks>A line over the limit is skipped as it arrives and reported when its end is found, so that the session can go on.</remarks>
internal sealed class SmtpLineReader
{
    // Beyond this the other side does not speak lines at all.
    private const int MaxSkippedBytes = 256 * 1024;

    private long _skipped;

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

        var skip = buffer.Length - keep;
        _skipped += skip;
        buffer = buffer.Slice(skip);
        return _skipped > MaxSkippedBytes ? LineStatus.Flood : LineStatus.More;
    }
}
