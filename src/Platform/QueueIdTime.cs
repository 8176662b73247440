using System.Buffers.Binary;
using Relay.Queue;

namespace Relay.Platform;

/// <summary>The instant in a queue id.</summary>
public static class QueueIdTime
{
    private const int TimeOctets = 6;

    /// <summary>When the id was made, to the millisecond.</summary>
    public static DateTimeOffset Of(QueueId id)
    {
        Span<byte> time = stackalloc byte[sizeof(long)];
        time.Clear();
        id.ToBytes().AsSpan(0, TimeOctets).CopyTo(time[2..]);

        // Ids come from outside, too: an instant no calendar knows counts as the end of time.
        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(time);
        return milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : DateTimeOffset.MaxValue;
    }

    /// <summary>16 octets that sort before every id made at this instant or later.</summary>
    public static byte[] LowerBound(DateTimeOffset instant)
    {
        var bound = new byte[16];
        Span<byte> time = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(time, Math.Max(0, instant.ToUnixTimeMilliseconds()));
        time[2..].CopyTo(bound);
        return bound;
    }
}
