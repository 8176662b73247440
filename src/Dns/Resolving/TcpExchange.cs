using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Relay.Dns;

/// <summary>Asks over TCP, each message behind its length (RFC 7766 §8). One connection per question: truncation is rare.</summary>
internal static class TcpExchange
{
    /// <returns>The response, unread; null when it does not answer the question.</returns>
    /// <exception cref="SocketException">The server cannot be reached.</exception>
    /// <exception cref="IOException">The connection ended early.</exception>
    public static async ValueTask<byte[]?> AskAsync(IPEndPoint server, DnsQuery query, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancellationToken);
        using var stream = new NetworkStream(socket, ownsSocket: false);

        // Length and message in one segment (RFC 7766 §8).
        var framed = new byte[query.Bytes.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Bytes.Length);
        query.Bytes.CopyTo(framed.AsMemory(2));
        await stream.WriteAsync(framed, cancellationToken);

        var prefix = new byte[2];
        await stream.ReadExactlyAsync(prefix, cancellationToken);
        var response = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        await stream.ReadExactlyAsync(response, cancellationToken);
        return query.IsAnsweredBy(response) ? response : null;
    }
}
