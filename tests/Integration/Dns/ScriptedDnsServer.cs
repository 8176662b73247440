using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Relay.Tests.Integration;

/// <summary>A DNS server on a loopback port of its own that says what a test tells it to, over UDP and TCP.</summary>
internal sealed class ScriptedDnsServer : IAsyncDisposable
{
    private readonly Func<ReceivedQuery, IEnumerable<byte[]>> _answer;
    private readonly Channel<ReceivedQuery> _queries = Channel.CreateUnbounded<ReceivedQuery>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _udp;
    private readonly Socket? _tcp;
    private readonly Task _serving;

    /// <param name="answer">The datagrams to send for a query; over TCP the messages; none is silence.</param>
    /// <param name="withTcp">Whether TCP connections are accepted.</param>
    public ScriptedDnsServer(Func<ReceivedQuery, IEnumerable<byte[]>> answer, bool withTcp = true)
    {
        _answer = answer;
        (_udp, _tcp) = Bind(withTcp);
        EndPoint = (IPEndPoint)_udp.LocalEndPoint!;
        _serving = Task.WhenAll(ServeUdpAsync(), _tcp is null ? Task.CompletedTask : ServeTcpAsync(_tcp));
    }

    public IPEndPoint EndPoint { get; }

    public static ScriptedDnsServer Answering(Func<ReceivedQuery, byte[]> answer) => new(q => [answer(q)]);

    public static ScriptedDnsServer Silent() => new(_ => []);

    /// <summary>The next query that came in, in order of arrival.</summary>
    public async Task<ReceivedQuery> NextQueryAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return await _queries.Reader.ReadAsync(patience.Token);
    }

    /// <summary>Queries that came in and were not asked for yet.</summary>
    public IReadOnlyList<ReceivedQuery> TakeQueries()
    {
        var queries = new List<ReceivedQuery>();
        while (_queries.Reader.TryRead(out var query))
        {
            queries.Add(query);
        }

        return queries;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _udp.Dispose();
        _tcp?.Dispose();
        try
        {
            await _serving;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // That is how its loops end.
        }

        _stop.Dispose();
    }

    /// <summary>The UDP port is drawn first; where its TCP twin is taken, another pair is.</summary>
    private static (Socket Udp, Socket? Tcp) Bind(bool withTcp)
    {
        for (var i = 0; ; i++)
        {
            // Room for all the queries a resolver has under way at once, so that none is lost on loopback.
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
            udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            if (!withTcp)
            {
                return (udp, null);
            }

            var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                tcp.Bind(udp.LocalEndPoint!);
                tcp.Listen();
                return (udp, tcp);
            }
            catch (SocketException) when (i < 20)
            {
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[4096];
        while (!_stop.IsCancellationRequested)
        {
            var received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
            var query = ReceivedQuery.Read(buffer.AsSpan(0, received.ReceivedBytes), overTcp: false, ((IPEndPoint)received.RemoteEndPoint).Port);
            // Noted before it is answered: whoever has the answer finds the query.
            _queries.Writer.TryWrite(query);
            foreach (var datagram in _answer(query))
            {
                await _udp.SendToAsync(datagram, SocketFlags.None, received.RemoteEndPoint, _stop.Token);
            }
        }
    }

    private async Task ServeTcpAsync(Socket listener)
    {
        while (!_stop.IsCancellationRequested)
        {
            using var socket = await listener.AcceptAsync(_stop.Token);
            try
            {
                await ServeAsync(socket);
            }
            catch (IOException)
            {
                // This client left; another may come.
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        var prefix = new byte[2];
        await stream.ReadExactlyAsync(prefix, _stop.Token);
        var bytes = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        await stream.ReadExactlyAsync(bytes, _stop.Token);
        var query = ReceivedQuery.Read(bytes, overTcp: true, ((IPEndPoint)socket.RemoteEndPoint!).Port);
        _queries.Writer.TryWrite(query);
        foreach (var message in _answer(query))
        {
            var framed = new byte[message.Length + 2];
            BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
            message.CopyTo(framed, 2);
            await stream.WriteAsync(framed, _stop.Token);
        }
    }
}
