using System.Buffers;
using System.Globalization;
using System.Text;

namespace Relay.Platform;

/// <summary>The octets a JSON string stands for, piece by piece, however long it is. The string has been checked by a JSON reader.</summary>
internal sealed class JsonStringReader(ReadOnlySequence<byte> raw)
{
    private const int MaxEscapeOctets = 12;
    private const int MaxDecodedOctets = 4;

    private ReadOnlySequence<byte> _rest = raw;

    /// <summary>Fills as much as it can; 0 at the end only, for room of 4 octets or more.</summary>
    public int Read(Span<byte> output)
    {
        var count = 0;
        while (!_rest.IsEmpty && output.Length - count >= MaxDecodedOctets)
        {
            if (_rest.FirstSpan.IsEmpty)
            {
                SkipEmptyPiece();
                continue;
            }

            var piece = _rest.FirstSpan;
            piece = piece[..Math.Min(piece.Length, output.Length - count)];
            var plain = piece.IndexOf((byte)'\\') is >= 0 and var at ? at : piece.Length;
            piece[..plain].CopyTo(output[count..]);
            count += plain;
            _rest = _rest.Slice(plain);
            if (plain < piece.Length && output.Length - count >= MaxDecodedOctets)
            {
                count += ReadEscape(output[count..]);
            }
        }

        return count;
    }

    private void SkipEmptyPiece()
    {
        var next = _rest.Start;
        _rest.TryGet(ref next, out _, advance: true);
        _rest = _rest.Slice(next);
    }

    private int ReadEscape(Span<byte> output)
    {
        Span<byte> escape = stackalloc byte[MaxEscapeOctets];
        var length = (int)Math.Min(_rest.Length, MaxEscapeOctets);
        _rest.Slice(0, length).CopyTo(escape);
        if (escape[1] != 'u')
        {
            _rest = _rest.Slice(2);
            output[0] = Simple(escape[1]);
            return 1;
        }

        var unit = Unit(escape[2..6]);
        var isPair = char.IsHighSurrogate(unit) && length == MaxEscapeOctets && escape[6] == '\\' && escape[7] == 'u' && char.IsLowSurrogate(Unit(escape[8..]));
        var rune = isPair ? new Rune(unit, Unit(escape[8..])) : Rune.TryCreate(unit, out var single) ? single : Rune.ReplacementChar;
        _rest = _rest.Slice(isPair ? 12 : 6);
        return rune.EncodeToUtf8(output);
    }

    private static byte Simple(byte letter) => letter switch
    {
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        _ => letter,
    };

    private static char Unit(ReadOnlySpan<byte> hex) =>
        ushort.TryParse(hex[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit) ? (char)unit : '\0';
}
