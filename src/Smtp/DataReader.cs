namespace Relay.Smtp;

/// <summary>Undots the content behind DATA and finds its end, which is CRLF.CRLF and nothing else (RFC 5321 §4.1.1.4, §4.5.2).</summary>
/// <remarks>
/// Pushed through with pieces of any size; gives back the longest slices that are content, without copying. Bare CR or LF and NUL
/// are noted as <see cref="Fault"/> and never end anything, so that no two servers can disagree about where a message stops;
/// after a fault the slices are of no use and only the end is looked for.
/// </remarks>
/// <param name="toleratesBareLineEndings">They are no fault but content; the slices stay good. The end is looked for no differently.</param>
internal sealed class DataReader(bool toleratesBareLineEndings = false)
{
    private static readonly ReadOnlyMemory<byte> CarriageReturn = "\r"u8.ToArray();

    private State _state = State.LineStart;

    private enum State : byte
    {
        LineStart,

        /// <summary>Inside a line.</summary>
        Text,

        /// <summary>CR seen, content.</summary>
        CarriageReturn,

        /// <summary>Dot at the start of a line, not content.</summary>
        Dot,

        /// <summary>Dot and CR at the start of a line, not content.</summary>
        DotCarriageReturn,

        End,
    }

    public bool IsComplete => _state == State.End;

    /// <summary>The gravest one found.</summary>
    public DataFault Fault { get; private set; }

    /// <summary>Octets of content so far, as SIZE counts them (RFC 1870 §3): line ends included, added dots and the end not.</summary>
    public long ContentBytes { get; private set; }

    /// <summary>Takes the next piece; returns the slice of it that is content, possibly empty.</summary>
    /// <param name="consumed">Call again with the rest until all is consumed or the content complete; 0 when the slice is of an earlier piece.</param>
    public ReadOnlyMemory<byte> Read(ReadOnlyMemory<byte> piece, out int consumed)
    {
        var input = piece.Span;
        var start = 0;
        var at = 0;
        while (at < input.Length)
        {
            switch (_state)
            {
                case State.LineStart when input[at] == '.':
                    // The content before this dot is one slice; what follows the dot begins another.
                    if (at > start)
                    {
                        return Slice(piece, start, at, out consumed);
                    }

                    _state = State.Dot;
                    start = ++at;
                    break;

                case State.LineStart or State.Text:
                    at = ReadText(input, at);
                    break;

                case State.CarriageReturn:
                    at = AfterCarriageReturn(input, at);
                    break;

                case State.Dot when input[at] == '\r':
                    _state = State.DotCarriageReturn;
                    start = ++at;
                    break;

                case State.Dot:
                    _state = State.Text;
                    break;

                case State.DotCarriageReturn when input[at] == '\n':
                    _state = State.End;
                    consumed = at + 1;
                    return default;

                case State.DotCarriageReturn:
                    NoteFault(DataFault.BareLineEnding);
                    _state = State.Text;
                    if (at == 0)
                    {
                        // The CR was held back at the end of the piece before.
                        ContentBytes++;
                        consumed = 0;
                        return CarriageReturn;
                    }

                    start = at - 1;
                    break;

                default:
                    throw new InvalidOperationException("The content has already ended");
            }
        }

        return Slice(piece, start, at, out consumed);
    }

    // Hot: one vectorised search per line.
    private int ReadText(ReadOnlySpan<byte> input, int at)
    {
        _state = State.Text;
        while (true)
        {
            var found = input[at..].IndexOfAny((byte)'\r', (byte)'\n', (byte)0);
            if (found < 0)
            {
                return input.Length;
            }

            at += found;
            switch (input[at])
            {
                case (byte)'\r' when at + 2 < input.Length && input[at + 1] == '\n' && input[at + 2] != '.':
                    at += 2;
                    break;
                case (byte)'\r':
                    _state = State.CarriageReturn;
                    return at + 1;
                case (byte)'\n':
                    NoteFault(DataFault.BareLineEnding);
                    at++;
                    break;
                default:
                    NoteFault(DataFault.Nul);
                    at++;
                    break;
            }
        }
    }

    private int AfterCarriageReturn(ReadOnlySpan<byte> input, int at)
    {
        if (input[at] == '\n')
        {
            _state = State.LineStart;
            return at + 1;
        }

        NoteFault(DataFault.BareLineEnding);
        _state = State.Text;
        return at;
    }

    private ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> piece, int start, int end, out int consumed)
    {
        consumed = end;
        ContentBytes += end - start;
        return piece[start..end];
    }

    // A bare line ending outweighs a NUL: it also costs the connection.
    private void NoteFault(DataFault fault)
    {
        if (fault > Fault && !(toleratesBareLineEndings && fault == DataFault.BareLineEnding))
        {
            Fault = fault;
        }
    }
}
