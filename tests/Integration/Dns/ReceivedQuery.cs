using System.Buffers.Binary;
using System.Text;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>A query as the scripted server saw it.</summary>
internal sealed record ReceivedQuery(ushort Id, string Name, ushort Type, bool OverTcp, bool HasEdns, bool AsksVerdict, int SourcePort)
{
    public static ReceivedQuery Read(ReadOnlySpan<byte> bytes, bool overTcp, int sourcePort)
    {
        var labels = new List<string>();
        var at = 12;
        for (; bytes[at] != 0; at += bytes[at] + 1)
        {
            labels.Add(Encoding.Latin1.GetString(bytes.Slice(at + 1, bytes[at])));
        }

        return new ReceivedQuery(
            BinaryPrimitives.ReadUInt16BigEndian(bytes),
            string.Join('.', labels),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 1)..]),
            overTcp,
            HasEdns: bytes[11] == 1,
            AsksVerdict: (bytes[3] & 0x20) != 0,
            sourcePort);
    }

    /// <summary>An answer to this question, still without records.</summary>
    public DnsPacket Reply() => new DnsPacket(Id).Question(Name, Type);
}
