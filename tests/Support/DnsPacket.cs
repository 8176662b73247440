using System.Net;
using System.Text;

namespace Relay.Tests.Support;

/// <summary>Writes DNS messages byte by byte for tests, lies included; shares no code with the resolver it tests.</summary>
public sealed class DnsPacket
{
    public const ushort A = 1;
    public const ushort Ns = 2;
    public const ushort Cname = 5;
    public const ushort Soa = 6;
    public const ushort Ptr = 12;
    public const ushort Mx = 15;
    public const ushort Txt = 16;
    public const ushort Aaaa = 28;
    public const ushort Opt = 41;
    public const ushort Tlsa = 52;

    private readonly ushort _id;
    private readonly ushort[] _counts = new ushort[4];
    private readonly List<byte>[] _sections = [[], [], [], []];
    private ushort _flags;

    /// <param name="flags">By default a response, recursion desired and available, NOERROR.</param>
    public DnsPacket(ushort id = 0x1234, ushort flags = 0x8180)
    {
        _id = id;
        _flags = flags;
    }

    public DnsPacket Code(int code) => Flags((ushort)((_flags & 0xfff0) | code));

    public DnsPacket Truncated() => Flags((ushort)(_flags | 0x0200));

    public DnsPacket AuthenticData() => Flags((ushort)(_flags | 0x0020));

    public DnsPacket Question(string name, ushort type, ushort recordClass = 1) =>
        Append(0, [.. Name(name), .. UInt16(type), .. UInt16(recordClass)]);

    public DnsPacket Answer(string name, ushort type, uint timeToLive, byte[] data, ushort recordClass = 1) =>
        Append(1, Record(name, type, timeToLive, data, recordClass));

    public DnsPacket Authority(string name, ushort type, uint timeToLive, byte[] data) =>
        Append(2, Record(name, type, timeToLive, data));

    public DnsPacket StartOfAuthority(string name, uint timeToLive, uint minimum) =>
        Authority(name, Soa, timeToLive, [.. Name("ns." + name), .. Name("hostmaster." + name), .. new byte[16], .. UInt32(minimum)]);

    public DnsPacket Additional(string name, ushort type, uint timeToLive, byte[] data, ushort recordClass = 1) =>
        Append(3, Record(name, type, timeToLive, data, recordClass));

    public DnsPacket ExtendedError(int code, string text) =>
        Additional(string.Empty, Opt, 0, [.. UInt16(15), .. UInt16(2 + text.Length), .. UInt16(code), .. Encoding.UTF8.GetBytes(text)], 1232);

    /// <summary>Raw bytes in the answer section, counted as one record.</summary>
    public DnsPacket RawAnswer(params byte[] bytes) => Append(1, bytes);

    /// <summary>Claims a number of records without regard to what is there.</summary>
    public DnsPacket Claim(int section, ushort count)
    {
        _counts[section] = count;
        return this;
    }

    public byte[] ToArray() =>
        [.. UInt16(_id), .. UInt16(_flags), .. _counts.SelectMany(c => UInt16(c)), .. _sections.SelectMany(s => s)];

    public static byte[] Name(string name) => name.Length == 0
        ? [0]
        : [.. name.Split('.').SelectMany(l => (byte[])[(byte)l.Length, .. Encoding.Latin1.GetBytes(l)]), 0];

    public static byte[] MxData(int preference, string exchange) => [.. UInt16(preference), .. Name(exchange)];

    public static byte[] AddressData(string address) => IPAddress.Parse(address).GetAddressBytes();

    /// <summary>Cut into strings of 255 bytes.</summary>
    public static byte[] TextData(string text) => text.Length == 0
        ? [0]
        : [.. Encoding.UTF8.GetBytes(text).Chunk(255).SelectMany(c => (byte[])[(byte)c.Length, .. c])];

    public static byte[] TlsaData(byte usage, byte selector, byte matchingType, ReadOnlyMemory<byte> data) =>
        [usage, selector, matchingType, .. data.ToArray()];

    private static byte[] UInt16(int value) => [(byte)(value >> 8), (byte)value];

    private static byte[] UInt32(uint value) => [.. UInt16((int)(value >> 16)), .. UInt16((int)(value & 0xffff))];

    private static byte[] Record(string name, ushort type, uint timeToLive, byte[] data, ushort recordClass = 1) =>
        [.. Name(name), .. UInt16(type), .. UInt16(recordClass), .. UInt32(timeToLive), .. UInt16(data.Length), .. data];

    private DnsPacket Flags(ushort flags)
    {
        _flags = flags;
        return this;
    }

    private DnsPacket Append(int section, byte[] bytes)
    {
        _counts[section]++;
        _sections[section].AddRange(bytes);
        return this;
    }
}
