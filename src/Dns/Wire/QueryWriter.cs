using System.Buffers.Binary;

namespace Relay.Dns;

/// <summary>Writes one question: recursion desired, EDNS0 with our payload size unless the server does not know EDNS.</summary>
internal static class QueryWriter
{
    /// <summary>Header, the longest name, type and class, OPT.</summary>
    public const int MaxLength = 12 + DnsName.MaxWireLength + 4 + OptLength;

    /// <summary>Fits any path without fragments, and fragments are what off-path forgers use (RFC 9715 §3.2).</summary>
    public const int UdpPayloadSize = 1232;

    private const int OptLength = 11;
    private const ushort RecursionDesired = 0x0100;
    private const ushort AuthenticData = 0x0020;
    private const ushort InternetClass = 1;

    /// <param name="askVerdict">
    /// Sets AD, which asks for the server's DNSSEC verdict without the signatures (RFC 6840 §5.7). DO stays clear: a stub that
    /// does not validate has no use for them.
    /// </param>
    /// <returns>The length written; <paramref name="target"/> holds at least <see cref="MaxLength"/> bytes.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is no name.</exception>
    public static int Write(Span<byte> target, ushort id, string name, RecordType type, bool askVerdict, bool withEdns)
    {
        BinaryPrimitives.WriteUInt16BigEndian(target, id);
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)(RecursionDesired | (askVerdict ? AuthenticData : 0)));
        BinaryPrimitives.WriteUInt16BigEndian(target[4..], 1);
        target[6..10].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(target[10..], (ushort)(withEdns ? 1 : 0));

        if (!DnsName.TryWrite(name, target[12..], out var nameLength))
        {
            throw new ArgumentException($"'{name}' is not a domain name", nameof(name));
        }

        var position = 12 + nameLength;
        BinaryPrimitives.WriteUInt16BigEndian(target[position..], (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(target[(position + 2)..], InternetClass);
        position += 4;
        return withEdns ? position + WriteOpt(target[position..]) : position;
    }

    /// <summary>Root owner, type OPT, payload size as class, zero extended code, version and flags, no options (RFC 6891 §6.1.2).</summary>
    private static int WriteOpt(Span<byte> target)
    {
        target[..OptLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(target[1..], (ushort)RecordType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(target[3..], UdpPayloadSize);
        return OptLength;
    }
}
