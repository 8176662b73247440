using System.Buffers.Binary;
using System.Text;

namespace Relay.Dns;

/// <summary>Reads the primitive parts of a DNS message; a read outside the message answers false and moves nothing of worth.</summary>
internal ref struct WireReader
{
    // A name has at most 127 labels; real messages need two or three jumps. The bound keeps hostile chains of pointers cheap.
    private const int MaxJumps = 32;
    private const int HeaderLength = 12;
    private readonly ReadOnlySpan<byte> _message;

    public WireReader(ReadOnlySpan<byte> message, int position)
    {
        _message = message;
        Position = position;
    }

    public int Position { get; private set; }

    public bool TryReadByte(out byte value)
    {
        value = 0;
        if (!TryReadBytes(1, out var bytes))
        {
            return false;
        }

        value = bytes[0];
        return true;
    }

    public bool TryReadUInt16(out ushort value)
    {
        var read = TryReadBytes(2, out var bytes);
        value = read ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : (ushort)0;
        return read;
    }

    public bool TryReadUInt32(out uint value)
    {
        var read = TryReadBytes(4, out var bytes);
        value = read ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : 0;
        return read;
    }

    public bool TryReadBytes(int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (count > _message.Length - Position)
        {
            return false;
        }

        bytes = _message.Slice(Position, count);
        Position += count;
        return true;
    }

    public bool TrySkip(int count) => TryReadBytes(count, out _);

    /// <summary>Reads a name, following compression pointers strictly backwards (RFC 1035 §4.1.4).</summary>
    public bool TryReadName(out string name) => TryReadName(new StringBuilder(64), out name);

    public bool TrySkipName() => TryReadName(null, out _);

    private bool TryReadName(StringBuilder? text, out string name)
    {
        name = string.Empty;
        var at = Position;
        var segmentStart = at;
        var wireLength = 1;
        var jumps = 0;
        while (at < _message.Length)
        {
            int length = _message[at];
            if (length == 0)
            {
                Position = jumps == 0 ? at + 1 : Position;
                name = text?.ToString() ?? string.Empty;
                return true;
            }

            if (length >= 0xc0)
            {
                if (at + 1 >= _message.Length || ++jumps > MaxJumps)
                {
                    return false;
                }

                var target = ((length & 0x3f) << 8) | _message[at + 1];
                if (target < HeaderLength || target >= segmentStart)
                {
                    return false;
                }

                Position = jumps == 1 ? at + 2 : Position;
                segmentStart = target;
                at = target;
                continue;
            }

            wireLength += length + 1;
            if (length > 63 || wireLength > DnsName.MaxWireLength || at + 1 + length > _message.Length)
            {
                return false;
            }

            if (text is not null)
            {
                DnsName.AppendLabel(text, _message.Slice(at + 1, length));
            }

            at += length + 1;
        }

        return false;
    }
}
