using System.Threading.Channels;

namespace Relay.Platform.Jobs;

/// <summary>From those who ask for jobs, or want them gone, to the one who runs them. Thread safe.</summary>
public sealed class JobSignals
{
    // One alarm is enough, however many ring it.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private (Guid Id, CancellationTokenSource Source)? _running;

    internal void Wake() => _wake.Writer.TryWrite(true);

    internal async ValueTask WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
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

    internal void Begin(Guid id, CancellationTokenSource source)
    {
        lock (_gate)
        {
            _running = (id, source);
        }
    }

    internal void End()
    {
        lock (_gate)
        {
            _running = null;
        }
    }

    internal void Cancel(Guid id)
    {
        lock (_gate)
        {
            if (_running is { } running && running.Id == id)
            {
                running.Source.Cancel();
            }
        }
    }
}
