using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Relay.Bench.Load;

/// <summary>The applications' side of webhooks: answers 200 at once, but for paths that hang; counts what it answered.</summary>
internal sealed class HookSink : IAsyncDisposable
{
    private const int MaxRequestBytes = 256 * 1024;
    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray();

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _answered;
    private int _hung;

    public HookSink()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 8099));
        _listener.Listen(512);
        _accepting = AcceptAsync();
    }

    public string Url => $"http://{_listener.LocalEndPoint}";

    /// <summary>Requests for this path are never answered; null: all are.</summary>
    public string? DeadPath { get; set; }

    public int Answered => Volatile.Read(ref _answered);

    public int Hung => Volatile.Read(ref _hung);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var sessions = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                sessions.Add(Task.Run(() => ServeAsync(socket)));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(sessions);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        var input = new byte[MaxRequestBytes];
        var filled = 0;
        try
        {
            for (int read; (read = await socket.ReceiveAsync(input.AsMemory(filled), _stop.Token)) > 0;)
            {
                filled += read;
                while (LengthOf(input.AsSpan(0, filled)) is { } length && length <= filled)
                {
                    await AnswerAsync(socket, PathOf(input));
                    input.AsSpan(length, filled - length).CopyTo(input);
                    filled -= length;
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
            // The caller hung up, or the run is over.
        }
    }

    private async ValueTask AnswerAsync(Socket socket, string path)
    {
        if (path == DeadPath)
        {
            Interlocked.Increment(ref _hung);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
        }

        await socket.SendAsync(Answer, _stop.Token);
        Interlocked.Increment(ref _answered);
    }

    /// <summary>Octets of the first request; null while its header block is not whole.</summary>
    private static int? LengthOf(ReadOnlySpan<byte> input)
    {
        var end = input.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        var field = Encoding.ASCII.GetString(input[..end]).Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        return end + 4 + (field is null ? 0 : int.Parse(field.AsSpan(15), System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string PathOf(ReadOnlySpan<byte> input)
    {
        var path = input[(input.IndexOf((byte)' ') + 1)..];
        return Encoding.ASCII.GetString(path[..path.IndexOf((byte)' ')]);
    }
}
