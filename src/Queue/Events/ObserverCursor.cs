using System.Threading.Channels;

namespace Relay.Queue;

/// <summary>How far one observer has come, and its alarm clock.</summary>
internal sealed class ObserverCursor
{
    // One alarm is enough, however many commits ring it.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _sequence = -1;

    public ObserverCursor(IEventObserver observer) => Observer = observer;

    public IEventObserver Observer { get; }

    /// <summary>Last sequence dealt with; -1 until opened, so that nothing is pruned before every observer has told its place.</summary>
    public long Sequence => Volatile.Read(ref _sequence);

    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (Sequence < 0)
        {
            Advance(await Observer.CursorAsync(cancellationToken));
        }
    }

    public void Advance(long sequence) => Volatile.Write(ref _sequence, sequence);

    public void Wake() => _wake.Writer.TryWrite(true);

    public async ValueTask WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var alarm = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(alarm.Token, cancellationToken);
        try
        {
            await _wake.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time to look by itself.
        }
    }
}
