using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Channels;

namespace Relay.Tests.Support;

/// <summary>A real SMTP server on a loopback port that takes everything it is told to take, and remembers it exactly.</summary>
/// <remarks>Deliberately simple: one line at a time, no limits but those of a test machine. Pipelining works because lines wait in the socket.</remarks>
public sealed class SmtpSink : IAsyncDisposable
{
    private readonly SmtpSinkOptions _options;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<SinkMessage> _messages = new();
    private readonly Channel<SinkMessage> _arrivals = Channel.CreateUnbounded<SinkMessage>();
    private readonly ConcurrentDictionary<int, Task> _running = new();
    private readonly Task _accepting;
    private int _connections;
    private int _open;
    private int _maxOpen;
    private int _transactions;

    private SmtpSink(SmtpSinkOptions options)
    {
        _options = options;
        _listener = new TcpListener(options.Address, options.Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndpoint;

    public int Port => Endpoint.Port;

    /// <summary>Connections accepted so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Connections that are open; whatever came over the others is among <see cref="Messages"/>.</summary>
    public int OpenConnections => Volatile.Read(ref _open);

    /// <summary>Most connections that were open at the same time.</summary>
    public int MaxOpenConnections => Volatile.Read(ref _maxOpen);

    /// <summary>MAIL commands accepted so far.</summary>
    public int Transactions => Volatile.Read(ref _transactions);

    /// <summary>Messages answered with 2xx, in order of their final dots.</summary>
    public IReadOnlyList<SinkMessage> Messages => [.. _messages];

    public static SmtpSink Start(SmtpSinkOptions? options = null) => new(options ?? new SmtpSinkOptions());

    /// <summary>The next message not yet taken by this method.</summary>
    /// <exception cref="TimeoutException">None came in 60 seconds of real time.</exception>
    public Task<SinkMessage> NextMessageAsync(TimeSpan? patience = null) =>
        _arrivals.Reader.ReadAsync(_stop.Token).AsTask().WaitAsync(patience ?? TimeSpan.FromSeconds(60));

    /// <summary>The next <paramref name="count"/> messages not yet taken.</summary>
    public async Task<IReadOnlyList<SinkMessage>> NextMessagesAsync(int count, TimeSpan? patience = null)
    {
        var messages = new List<SinkMessage>(count);
        while (messages.Count < count)
        {
            messages.Add(await NextMessageAsync(patience));
        }

        return messages;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_running.Values);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                CountOpen();
                var number = Interlocked.Increment(ref _connections);
                _running[number] = ServeAsync(socket, number);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The sink was disposed.
        }
    }

    private async Task ServeAsync(Socket socket, int number)
    {
        await Task.Yield();
        try
        {
            await using var session = new SinkSession(socket, number, _options, _stop.Token)
            {
                TransactionBegun = () => Interlocked.Increment(ref _transactions),
                MessageTaken = Take,
            };
            await session.RunAsync();
        }
        catch (Exception end) when (end is IOException or SocketException or OperationCanceledException or AuthenticationException)
        {
            // The client went away, or the sink was disposed.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
            _running.TryRemove(number, out _);
        }
    }

    private void CountOpen()
    {
        var open = Interlocked.Increment(ref _open);
        int max;
        while (open > (max = Volatile.Read(ref _maxOpen)) && Interlocked.CompareExchange(ref _maxOpen, open, max) != max)
        {
        }
    }

    private void Take(SinkMessage message)
    {
        _messages.Enqueue(message);
        _arrivals.Writer.TryWrite(message);
    }
}
