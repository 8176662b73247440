using System.Threading.Channels;

namespace Relay.Platform.Webhooks;

/// <summary>Tells the dispatcher which webhooks to look at. However often one is named before it looks, it looks once. Thread safe.</summary>
internal sealed class WebhookSignals
{
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private HashSet<long> _named = [];

    /// <summary>Something of this webhook is due, or it changed.</summary>
    public void Look(long webhookId)
    {
        lock (_gate)
        {
            _named.Add(webhookId);
        }

        Ring();
    }

    public void Ring() => _bell.Writer.TryWrite(true);

    public IReadOnlyCollection<long> Take()
    {
        lock (_gate)
        {
            var named = _named;
            _named = [];
            return named;
        }
    }

    /// <summary>Until the bell rings, at the latest until then; at once when it has rung since the last wait.</summary>
    public async ValueTask WaitAsync(DateTimeOffset until, TimeProvider time, CancellationToken cancellationToken)
    {
        if (_bell.Reader.TryRead(out _) || until - time.GetUtcNow() is not { Ticks: > 0 } wait)
        {
            return;
        }

        using var alarm = new CancellationTokenSource(wait, time);
        if (time.GetUtcNow() >= until)
        {
            // It came while the alarm was being set.
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(alarm.Token, cancellationToken);
        try
        {
            await _bell.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time to look by itself.
        }
    }
}
