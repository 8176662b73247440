using System.Buffers;
using System.Buffers.Binary;
using System.Net;

namespace Relay.Smtp.Server;

internal enum ProxyHeaderStatus
{
    /// <summary>More octets are needed; nothing is consumed.</summary>
    More,

    /// <summary>No header, or a broken one.</summary>
    Invalid,

    Complete,
}

/// <summary>The header of the PROXY protocol, versions 1 and 2 (the HAProxy document, "The PROXY protocol", 2020).</summary>
/// <param name="Client">Null where the proxy speaks for itself (LOCAL) or does not know (UNKNOWN): the connection's own address holds.</param>
/// <param name="Server">The address the client dialled.</param>
internal readonly record struct ProxyHeader(IPEndPoint? Client, IPEndPoint? Server)
{
    /// <summary>Longest header of version 1, CRLF included.</summary>
    public const int MaxTextBytes = 107;

    // Version 2 may carry further values (TLV); what proxies really send fits many times.
    private const int MaxPayloadBytes = 4096;
    private const int FixedBytes = 16;

    private static ReadOnlySpan<byte> Signature => [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    /// <summary>Reads a header from the start of <paramref name="buffer"/>; on <see cref="ProxyHeaderStatus.Complete"/> moves it behind the header.</summary>
    public static ProxyHeaderStatus TryRead(ref ReadOnlySequence<byte> buffer, out ProxyHeader header)
    {
        header = default;
        Span<byte> start = stackalloc byte[FixedBytes];
        var known = start[..(int)Math.Min(FixedBytes, buffer.Length)];
        buffer.Slice(0, known.Length).CopyTo(known);
        if (known.IsEmpty)
        {
            return ProxyHeaderStatus.More;
        }

        if (StartsAlike(known, "PROXY "u8))
        {
            return TryReadText(ref buffer, out header);
        }

        if (!StartsAlike(known, Signature))
        {
            return ProxyHeaderStatus.Invalid;
        }

        return known.Length < FixedBytes ? ProxyHeaderStatus.More : TryReadBinary(known, ref buffer, out header);
    }

    // As much as there is of both.
    private static bool StartsAlike(ReadOnlySpan<byte> text, ReadOnlySpan<byte> beginning)
    {
        var length = Math.Min(text.Length, beginning.Length);
        return text[..length].SequenceEqual(beginning[..length]);
    }

    private static ProxyHeaderStatus TryReadText(ref ReadOnlySequence<byte> buffer, out ProxyHeader header)
    {
        header = default;
        Span<byte> copy = stackalloc byte[MaxTextBytes];
        var seen = copy[..(int)Math.Min(MaxTextBytes, buffer.Length)];
        buffer.Slice(0, seen.Length).CopyTo(seen);
        var end = seen.IndexOf("\r\n"u8);
        if (end < 0)
        {
            return seen.Length < MaxTextBytes ? ProxyHeaderStatus.More : ProxyHeaderStatus.Invalid;
        }

        if (!TryParseLine(System.Text.Encoding.Latin1.GetString(seen[..end]), out header))
        {
            return ProxyHeaderStatus.Invalid;
        }

        buffer = buffer.Slice(end + 2);
        return ProxyHeaderStatus.Complete;
    }

    // "PROXY TCP4 192.0.2.1 192.0.2.2 40000 25" or "PROXY UNKNOWN" and anything.
    private static bool TryParseLine(string line, out ProxyHeader header)
    {
        header = default;
        var words = line.Split(' ');
        if (words[1] == "UNKNOWN")
        {
            return true;
        }

        if (words.Length != 6 || words[1] is not ("TCP4" or "TCP6")
            || !TryParseAddress(words[2], words[1] == "TCP6", out var client) || !TryParseAddress(words[3], words[1] == "TCP6", out var server)
            || !TryParsePort(words[4], out var clientPort) || !TryParsePort(words[5], out var serverPort))
        {
            return false;
        }

        header = new ProxyHeader(new IPEndPoint(client, clientPort), new IPEndPoint(server, serverPort));
        return true;
    }

    private static bool TryParseAddress(string text, bool isIpv6, out IPAddress address) =>
        IPAddress.TryParse(text, out address!)
        && (isIpv6
            ? address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && !text.Contains('%', StringComparison.Ordinal)
            : address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && text.Split('.').Length == 4);

    private static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out port) && port <= IPEndPoint.MaxPort;

    private static ProxyHeaderStatus TryReadBinary(ReadOnlySpan<byte> start, ref ReadOnlySequence<byte> buffer, out ProxyHeader header)
    {
        header = default;
        var command = start[12];
        var length = BinaryPrimitives.ReadUInt16BigEndian(start[14..]);
        if (command is not (0x20 or 0x21) || length > MaxPayloadBytes)
        {
            return ProxyHeaderStatus.Invalid;
        }

        if (buffer.Length < FixedBytes + length)
        {
            return ProxyHeaderStatus.More;
        }

        if (command == 0x21 && !TryReadAddresses(start[13], buffer.Slice(FixedBytes, length), out header))
        {
            return ProxyHeaderStatus.Invalid;
        }

        buffer = buffer.Slice(FixedBytes + length);
        return ProxyHeaderStatus.Complete;
    }

    // TCP over IPv4 and IPv6; for the other families the proxy's own address has to do.
    private static bool TryReadAddresses(byte family, ReadOnlySequence<byte> payload, out ProxyHeader header)
    {
        header = default;
        var size = family switch { 0x11 => 4, 0x21 => 16, _ => 0 };
        if (size == 0)
        {
            return true;
        }

        if (payload.Length < (2 * size) + 4)
        {
            return false;
        }

        Span<byte> octets = stackalloc byte[36];
        octets = octets[..((2 * size) + 4)];
        payload.Slice(0, octets.Length).CopyTo(octets);
        header = new ProxyHeader(
            new IPEndPoint(new IPAddress(octets[..size]), BinaryPrimitives.ReadUInt16BigEndian(octets[(2 * size)..])),
            new IPEndPoint(new IPAddress(octets[size..(2 * size)]), BinaryPrimitives.ReadUInt16BigEndian(octets[((2 * size) + 2)..])));
        return true;
    }
}
