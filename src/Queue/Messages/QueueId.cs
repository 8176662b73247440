using System.Diagnostics.CodeAnalysis;

namespace Relay.Queue;

/// <summary>Names one queued message: a UUIDv7 whose text form (26 lower-case Crockford base-32 digits) sorts by time and is safe in headers, logs and URLs.</summary>
public readonly record struct QueueId(Guid Value) : IComparable<QueueId>
{
    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int TextLength = 26;

    public static QueueId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out QueueId id)
    {
        id = default;
        if (text.Length != TextLength)
        {
            return false;
        }

        UInt128 value = 0;
        foreach (var c in text)
        {
            var digit = Digits.IndexOf(char.ToLowerInvariant(c), StringComparison.Ordinal);
            if (digit < 0 || value >> 123 != 0)
            {
                return false;
            }

            value = (value << 5) | (UInt128)digit;
        }

        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        id = new QueueId(new Guid(bytes, bigEndian: true));
        return true;
    }

    public static QueueId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a queue id");

    /// <summary>16 bytes, big-endian, as stored: byte order is time order.</summary>
    public byte[] ToBytes() => Value.ToByteArray(bigEndian: true);

    public static QueueId FromBytes(ReadOnlySpan<byte> bytes) => new(new Guid(bytes, bigEndian: true));

    public int CompareTo(QueueId other) => ToBytes().AsSpan().SequenceCompareTo(other.ToBytes());

    public static bool operator <(QueueId left, QueueId right) => left.CompareTo(right) < 0;

    public static bool operator >(QueueId left, QueueId right) => left.CompareTo(right) > 0;

    public static bool operator <=(QueueId left, QueueId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(QueueId left, QueueId right) => left.CompareTo(right) >= 0;

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        Value.TryWriteBytes(bytes, bigEndian: true, out _);
        var value = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return string.Create(TextLength, value, static (text, rest) =>
        {
            for (var i = TextLength - 1; i >= 0; i--)
            {
                text[i] = Digits[(int)(rest & 31)];
                rest >>= 5;
            }
        });
    }
}
