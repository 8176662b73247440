namespace Relay.Smtp;

/// <summary>Looks for bare CR or LF and NUL in content that is framed by its size and comes in pieces of any size.</summary>
/// <param name="toleratesBareLineEndings">Only NUL is a fault.</param>
internal sealed class LineEndingCheck(bool toleratesBareLineEndings = false)
{
    private bool _afterCarriageReturn;

    /// <summary>The gravest one found.</summary>
    public DataFault Fault { get; private set; }

    public void Note(ReadOnlySpan<byte> piece)
    {
        if (toleratesBareLineEndings)
        {
            Fault = piece.Contains((byte)0) ? DataFault.Nul : Fault;
            return;
        }

        if (piece.IsEmpty)
        {
            return;
        }

        if (_afterCarriageReturn)
        {
            _afterCarriageReturn = false;
            if (piece[0] == '\n')
            {
                piece = piece[1..];
            }
            else
            {
                Fault = DataFault.BareLineEnding;
            }
        }

        Scan(piece);
    }

    /// <summary>The content is over.</summary>
    public void End()
    {
        if (_afterCarriageReturn)
        {
            Fault = DataFault.BareLineEnding;
        }
    }

    private void Scan(ReadOnlySpan<byte> rest)
    {
        for (var found = rest.IndexOfAny((byte)'\r', (byte)'\n', (byte)0); found >= 0; found = rest.IndexOfAny((byte)'\r', (byte)'\n', (byte)0))
        {
            var octet = rest[found];
            rest = rest[(found + 1)..];
            if (octet == 0)
            {
                Fault = Fault == DataFault.None ? DataFault.Nul : Fault;
            }
            else if (octet == '\n' || (!rest.IsEmpty && rest[0] != '\n'))
            {
                Fault = DataFault.BareLineEnding;
            }
            else if (rest.IsEmpty)
            {
                _afterCarriageReturn = true;
            }
            else
            {
                rest = rest[1..];
            }
        }
    }
}
