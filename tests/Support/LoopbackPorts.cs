using System.Net;
using System.Net.Sockets;

namespace Relay.Tests.Support;

/// <summary>Ports nobody uses at the moment and nobody else is given: neither by the system to a connection, nor by a test run beside.</summary>
/// <remarks>
/// The ports lie below those the system hands out by itself. They come in blocks; a process that listens on the first port of a block owns the
/// others, each of which is given once. A free port asked of the system could go to an outgoing connection before the test binds it.
/// </remarks>
public static class LoopbackPorts
{
    private const int FirstPort = 10_000;
    private const int Blocks = 220;
    private const int BlockSize = 100;

    private static readonly Lock Guard = new();
    private static readonly List<TcpListener> Owned = [];
    private static int _nextBlock = Environment.ProcessId % Blocks;
    private static int _next;
    private static int _end;

    /// <summary>A port that is free on 127.0.0.1 for TCP and UDP.</summary>
    public static int Free()
    {
        lock (Guard)
        {
            while (true)
            {
                if (_next == _end)
                {
                    TakeBlock();
                }

                if (IsFree(_next++))
                {
                    return _next - 1;
                }
            }
        }
    }

    private static void TakeBlock()
    {
        for (var tried = 0; tried < Blocks; tried++)
        {
            var first = FirstPort + (_nextBlock++ % Blocks * BlockSize);
            var owner = new TcpListener(IPAddress.Loopback, first) { ExclusiveAddressUse = true };
            try
            {
                owner.Start();
            }
            catch (SocketException)
            {
                owner.Dispose();
                continue;
            }

            Owned.Add(owner);
            (_next, _end) = (first + 1, first + BlockSize);
            return;
        }

        throw new InvalidOperationException("every block of ports on 127.0.0.1 is taken");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var tcp = new TcpListener(IPAddress.Loopback, port);
            tcp.Start();
            using var udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
