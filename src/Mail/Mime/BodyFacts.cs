using System.Text.Unicode;

namespace Relay.Mail;

/// <summary>What octets stand in a body, as far as encoding it matters. A mutable value.</summary>
internal struct BodyFacts
{
    private const int MaxLineBytes = 998;

    public long Bytes { get; private set; }

    /// <summary>Octets quoted-printable would have to escape.</summary>
    public long Escapes { get; private set; }

    public bool IsEightBit { get; private set; }

    /// <summary>NUL, bare CR or LF: no text lines.</summary>
    public bool IsBinary { get; private set; }

    public bool HasLongLine { get; private set; }

    /// <summary>False also when lines were too long to be looked at whole.</summary>
    public bool IsUtf8 { get; private set; }

    /// <summary>Fit for 7bit (RFC 2045 §2.7).</summary>
    public readonly bool IsClean => !IsEightBit && !IsBinary && !HasLongLine;

    public static BodyFacts None => new() { IsUtf8 = true };

    /// <summary>Takes a piece of a line, without its CRLF.</summary>
    public void Add(ReadOnlySpan<byte> piece, bool isWholeLine)
    {
        Bytes += piece.Length;
        if (!piece.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            return;
        }

        foreach (var octet in piece)
        {
            Escapes += octet is >= (byte)' ' and <= (byte)'~' or (byte)'\t' ? 0 : 1;
        }

        IsBinary |= piece.ContainsAny((byte)0, (byte)'\r', (byte)'\n');
        if (piece.ContainsAnyExceptInRange((byte)0, (byte)0x7f))
        {
            IsEightBit = true;
            IsUtf8 &= isWholeLine && Utf8.IsValid(piece);
        }
    }

    public void EndLine(long lineBytes)
    {
        Bytes += 2;
        HasLongLine |= lineBytes > MaxLineBytes;
    }

    public void Add(in BodyFacts other)
    {
        Bytes += other.Bytes;
        Escapes += other.Escapes;
        IsEightBit |= other.IsEightBit;
        IsBinary |= other.IsBinary;
        HasLongLine |= other.HasLongLine;
        IsUtf8 &= other.IsUtf8;
    }
}
