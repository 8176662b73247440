using Relay.Mail;

namespace Relay.Smtp.Client;

internal enum ReplyStatus
{
    /// <summary>The reply is not complete yet.</summary>
    More,

    Complete,

    /// <summary>What came is no reply; nothing behind it can be trusted.</summary>
    Malformed,
}

/// <summary>Reads replies from bytes as they arrive (RFC 5321 §4.2); does no I/O and never throws.</summary>
/// <remarks>
/// Strict where replies could be taken for one another: three digits from 200 to 599, a hyphen, a space or the line's end
/// behind them, one code in all lines. Tolerant where the field is careless: LF without CR, no text, no enhanced code or
/// one that contradicts the code, octets outside ASCII, control characters.
/// </remarks>
internal sealed class ReplyReader(int maxLineBytes, int maxLines, int maxBytes = ReplyReader.DefaultMaxBytes)
{
    /// <summary>Octets of one reply: thirty times the longest EHLO replies of the field.</summary>
    public const int DefaultMaxBytes = 64 * 1024;

    private readonly List<string> _lines = [];
    private int _bytes;
    private int _code;
    private EnhancedStatusCode? _enhanced;

    /// <summary>The last complete reply.</summary>
    public SmtpReply? Reply { get; private set; }

    /// <summary>Why the input is no reply, as part of a sentence.</summary>
    public string? Problem { get; private set; }

    /// <summary>Consumes whole lines up to the end of one reply; a line without its LF stays with the caller.</summary>
    public ReplyStatus Read(ReadOnlySpan<byte> input, out int consumed)
    {
        consumed = 0;
        if (Problem is not null)
        {
            return ReplyStatus.Malformed;
        }

        while (true)
        {
            var rest = input[consumed..];
            var length = rest.IndexOf((byte)'\n');
            if ((length < 0 ? rest.Length : length) > maxLineBytes)
            {
                return Fail($"a line is longer than {maxLineBytes} octets");
            }

            if (length < 0)
            {
                return ReplyStatus.More;
            }

            consumed += length + 1;
            _bytes += length + 1;
            if (_bytes > maxBytes)
            {
                return Fail($"it is longer than {maxBytes} octets");
            }

            var status = TakeLine(WithoutCarriageReturn(rest[..length]));
            if (status != ReplyStatus.More)
            {
                return status;
            }
        }
    }

    private ReplyStatus TakeLine(ReadOnlySpan<byte> line)
    {
        if (!TryReadCode(line, out var code))
        {
            return Fail("it is not a reply");
        }

        if (_lines.Count > 0 && code != _code)
        {
            return Fail($"its lines carry different codes, {_code} and {code}");
        }

        if (_lines.Count == maxLines)
        {
            return Fail($"it has more than {maxLines} lines");
        }

        _code = code;
        AddText(line.Length > 4 ? ReplyText.Decode(line[4..]) : string.Empty);
        return line.Length > 3 && line[3] == '-' ? ReplyStatus.More : Complete();
    }

    private void AddText(string text)
    {
        var length = text.IndexOf(' ', StringComparison.Ordinal);
        var word = text.AsSpan(0, length < 0 ? text.Length : length);
        if (!EnhancedStatusCode.TryParse(word, out var enhanced) || enhanced.Class != _code / 100)
        {
            _lines.Add(text);
            return;
        }

        // The first line decides; another code on a later line stays in its text.
        if (_lines.Count == 0)
        {
            _enhanced = enhanced;
        }

        _lines.Add(enhanced == _enhanced ? text[(length < 0 ? text.Length : length + 1)..] : text);
    }

    private ReplyStatus Complete()
    {
        Reply = new SmtpReply(_code, _enhanced, _lines.Count == 1 ? [_lines[0]] : _lines.ToArray());
        _lines.Clear();
        _bytes = 0;
        _enhanced = null;
        return ReplyStatus.Complete;
    }

    private ReplyStatus Fail(string problem)
    {
        Problem = problem;
        return ReplyStatus.Malformed;
    }

    private static ReadOnlySpan<byte> WithoutCarriageReturn(ReadOnlySpan<byte> line) => line is [.. var text, (byte)'\r'] ? text : line;

    private static bool TryReadCode(ReadOnlySpan<byte> line, out int code)
    {
        code = 0;
        if (line is not [>= (byte)'2' and <= (byte)'5', >= (byte)'0' and <= (byte)'9', >= (byte)'0' and <= (byte)'9', ..]
            || (line.Length > 3 && line[3] is not ((byte)' ' or (byte)'-')))
        {
            return false;
        }

        code = ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + (line[2] - '0');
        return true;
    }
}
