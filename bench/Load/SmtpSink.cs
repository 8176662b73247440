using System.Net;
using System.Net.Sockets;

namespace Relay.Bench.Load;

/// <summary>The destination: takes all mail at 127.0.1.1 … 127.0.1.20 port 25 and notes it; one address may defer instead.</summary>
internal sealed class SmtpSink : IAsyncDisposable
{
    public const int Addresses = 20;

    private const int Port = 25;

    private readonly MessageLedger _ledger;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _listeners = [];
    private readonly List<Task> _loops = [];
    private int _deferrals;
    private int _taken;

    /// <param name="deferringAddress">1 to <see cref="Addresses"/>: this one answers 451 to every recipient; 0: none does.</param>
    /// <param name="deferralDelay">How long it thinks about each.</param>
    public SmtpSink(MessageLedger ledger, int deferringAddress, TimeSpan deferralDelay)
    {
        _ledger = ledger;
        for (var number = 1; number <= Addresses; number++)
        {
            var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Parse($"127.0.1.{number}"), Port));
            listener.Listen(512);
            _listeners.Add(listener);
            _loops.Add(AcceptAsync(listener, number == deferringAddress ? deferralDelay : null));
        }
    }

    /// <summary>Recipients answered 451.</summary>
    public int Deferrals => Volatile.Read(ref _deferrals);

    /// <summary>Recipients of messages that were taken.</summary>
    public int Taken => Volatile.Read(ref _taken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listeners.ForEach(listener => listener.Dispose());
        await Task.WhenAll(_loops);
        _stop.Dispose();
    }

    private async Task AcceptAsync(Socket listener, TimeSpan? deferralDelay)
    {
        var sessions = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                var session = new SinkSession(socket, _ledger, deferralDelay, () => Interlocked.Increment(ref _deferrals), recipients => Interlocked.Add(ref _taken, recipients));
                sessions.Add(Task.Run(() => session.RunAsync(_stop.Token)));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(sessions);
        }
    }
}
