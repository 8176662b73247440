using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>What one record of the hand-off journal says.</summary>
internal enum HandoffMark : byte
{
    /// <summary>The final dot may go out from now on; the text names the peer.</summary>
    Begun = 1,

    /// <summary>The peer has taken it; the text is its reply.</summary>
    Sent = 2,

    /// <summary>The peer has not taken it.</summary>
    NotSent = 3,
}

/// <summary>One record: recipients of one lease, and what is known of them from here on.</summary>
/// <remarks>
/// Little-endian: checksum of all that follows (4), octets that follow the length (4), generation (4), mark (1), lease epoch and number (8 + 8),
/// count (2) and ids (8 each), octets of text (2) and the text in UTF-8. A record that was written in part fails its checksum.
/// </remarks>
internal sealed record HandoffRecord(HandoffMark Mark, LeaseToken Lease, IReadOnlyList<long> Recipients, string Text)
{
    public const int MaxBytes = FixedBytes + (MaxRecipients * 8) + MaxTextBytes;

    /// <summary>A task has at most 100.</summary>
    public const int MaxRecipients = 100;

    private const int MaxTextBytes = 1024;
    private const int HeadBytes = 8;
    private const int FixedBytes = HeadBytes + 4 + 1 + 16 + 2 + 2;

    /// <summary>Writes the record and returns its length; <paramref name="target"/> holds <see cref="MaxBytes"/> at least.</summary>
    public int Write(Span<byte> target, uint generation)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], generation);
        target[12] = (byte)Mark;
        BinaryPrimitives.WriteInt64LittleEndian(target[13..], Lease.Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(target[21..], Lease.Number);
        BinaryPrimitives.WriteUInt16LittleEndian(target[29..], (ushort)Recipients.Count);
        var at = 31;
        foreach (var id in Recipients)
        {
            BinaryPrimitives.WriteInt64LittleEndian(target[at..], id);
            at += 8;
        }

        Encoding.UTF8.GetEncoder().Convert(Text, target.Slice(at + 2, MaxTextBytes), flush: true, out _, out var textBytes, out _);
        BinaryPrimitives.WriteUInt16LittleEndian(target[at..], (ushort)textBytes);
        at += 2 + textBytes;
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], at - HeadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(target, Checksum(target[4..at]));
        return at;
    }

    /// <summary>Null at the end: nothing, a record cut short, or octets of something else.</summary>
    public static HandoffRecord? Read(ReadOnlySpan<byte> source, out uint generation, out int length)
    {
        generation = 0;
        length = 0;
        if (source.Length < FixedBytes)
        {
            return null;
        }

        var follows = BinaryPrimitives.ReadInt32LittleEndian(source[4..]);
        if (follows is < FixedBytes - HeadBytes or > MaxBytes - HeadBytes || follows > source.Length - HeadBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(source) != Checksum(source[4..(HeadBytes + follows)]))
        {
            return null;
        }

        generation = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]);
        length = HeadBytes + follows;
        return Read(source[12..length]);
    }

    private static HandoffRecord? Read(ReadOnlySpan<byte> body)
    {
        var mark = (HandoffMark)body[0];
        var count = BinaryPrimitives.ReadUInt16LittleEndian(body[17..]);
        var textAt = 19 + (8 * count) + 2;
        if (!Enum.IsDefined(mark) || count > MaxRecipients || textAt > body.Length
            || textAt + BinaryPrimitives.ReadUInt16LittleEndian(body[(textAt - 2)..]) != body.Length)
        {
            return null;
        }

        var ids = new long[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = BinaryPrimitives.ReadInt64LittleEndian(body[(19 + (8 * i))..]);
        }

        var lease = new LeaseToken(BinaryPrimitives.ReadInt64LittleEndian(body[1..]), BinaryPrimitives.ReadInt64LittleEndian(body[9..]));
        return new HandoffRecord(mark, lease, ids, Encoding.UTF8.GetString(body[textAt..]));
    }

    private static uint Checksum(ReadOnlySpan<byte> content)
    {
        var sum = uint.MaxValue;
        for (; content.Length >= 8; content = content[8..])
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(content));
        }

        foreach (var octet in content)
        {
            sum = BitOperations.Crc32C(sum, octet);
        }

        return sum;
    }
}
