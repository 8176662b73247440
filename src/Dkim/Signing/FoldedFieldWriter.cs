using System.Buffers;

namespace Relay.Dkim;

/// <summary>Writes a header field token by token and folds before lines grow beyond 78 octets (RFC 5322 §2.1.1).</summary>
internal struct FoldedFieldWriter(ArrayBufferWriter<byte> output, int column = 0)
{
    private const int MaxLineLength = 78;

    private int _column = column;

    /// <summary>Writes a token that begins with the space at which the field may be folded.</summary>
    public void WriteSpaced(ReadOnlySpan<byte> token)
    {
        if (_column + token.Length > MaxLineLength)
        {
            output.Write("\r\n"u8);
            _column = 0;
        }

        WriteUnfolded(token);
    }

    /// <summary>Writes a token without a space of its own; a folded line begins with one.</summary>
    public void Write(ReadOnlySpan<byte> token)
    {
        if (_column + token.Length > MaxLineLength)
        {
            StartLine();
        }

        WriteUnfolded(token);
    }

    /// <summary>Writes text that may be cut anywhere.</summary>
    public void WriteCuttable(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (_column >= MaxLineLength)
            {
                StartLine();
            }

            var length = Math.Min(text.Length, MaxLineLength - _column);
            WriteUnfolded(text[..length]);
            text = text[length..];
        }
    }

    public void StartLine()
    {
        output.Write("\r\n "u8);
        _column = 1;
    }

    private void WriteUnfolded(ReadOnlySpan<byte> token)
    {
        output.Write(token);
        _column += token.Length;
    }
}
