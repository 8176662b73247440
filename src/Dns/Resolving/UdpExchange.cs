using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Relay.Dns;

/// <summary>Sends a query in one datagram and waits for its answer.</summary>
/// <remarks>
/// A forger outside the path must guess the id and the port (RFC 5452 §4.3, §9.2): each query has its own random pair, and the
/// socket is connected, so the kernel drops what does not come from the server. Datagrams that answer another question are
/// passed over; after too many of them somebody is guessing, and the question goes over TCP instead.
/// </remarks>
internal static class UdpExchange
{
    internal const int MaxForeignDatagrams = 16;

    // More than we announce: some servers send what they like, and reading it whole costs nothing.
    private const int ReceiveBufferSize = 4096;
    private const int LowestPort = 16384;
    private const int BindTries = 4;

    /// <returns>The response, unread but to the right question; null when TCP should be asked instead.</returns>
    /// <exception cref="SocketException">The server cannot be reached.</exception>
    public static async ValueTask<byte[]?> AskAsync(IPEndPoint server, DnsQuery query, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        BindRandomPort(socket, server.AddressFamily);
        await socket.ConnectAsync(server, cancellationToken);
        await socket.SendAsync(query.Bytes, SocketFlags.None, cancellationToken);

        var buffer = ArrayPool<byte>.Shared.Rent(ReceiveBufferSize);
        try
        {
            for (var foreign = 0; foreign < MaxForeignDatagrams; foreign++)
            {
                var length = await socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, cancellationToken);
                if (query.IsAnsweredBy(buffer.AsSpan(0, length)))
                {
                    return buffer[..length];
                }
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Not every system draws ephemeral ports well; when our draws are taken, its choice must do.</summary>
    private static void BindRandomPort(Socket socket, AddressFamily family)
    {
        var any = family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
        for (var i = 0; i < BindTries; i++)
        {
            try
            {
                socket.Bind(new IPEndPoint(any, RandomNumberGenerator.GetInt32(LowestPort, IPEndPoint.MaxPort + 1)));
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // Taken or reserved; draw again.
            }
        }

        socket.Bind(new IPEndPoint(any, 0));
    }
}
