using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relay.Platform.Webhooks;

/// <summary>Brings pending deliveries to their webhooks, at least once, none of them in the way of another.</summary>
/// <remarks>
/// One loop owns a lane for each webhook: 1. take in what ended and what was named by the signals; 2. in turn, each lane that may makes one
/// call, taking from the store in small batches; 3. wait for a signal, the end of a call, or the next time something is due.
/// Nothing is marked in the store when it is taken: one process serves it, and what was under way when it ended is pending still.
/// At most <see cref="MaxCalls"/> calls are under way; webhooks whose last call did not succeed share half of them, so that receivers that hang
/// leave room for those that answer.
/// </remarks>
internal sealed class WebhookDispatcher : BackgroundService
{
    public const int MaxCalls = 64;
    public const int MaxUnprovenCalls = MaxCalls / 2;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TroubleWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(3);

    private readonly WebhookRegistry _webhooks;
    private readonly IWebhookDeliveryStore _deliveries;
    private readonly WebhookCaller _caller;
    private readonly WebhookSignals _signals;
    private readonly WebhookBacklog _backlog;
    private readonly TimeProvider _time;
    private readonly ILogger<WebhookDispatcher> _log;
    private readonly SortedDictionary<long, WebhookLane> _lanes = [];
    private readonly ConcurrentQueue<CallEnd> _ends = new();
    private readonly CancellationTokenSource _cut = new();
    private int _calls;
    private int _unprovenCalls;
    private int _turn;

    public WebhookDispatcher(
        WebhookRegistry webhooks,
        IWebhookDeliveryStore deliveries,
        WebhookCaller caller,
        WebhookSignals signals,
        WebhookBacklog backlog,
        TimeProvider time,
        ILogger<WebhookDispatcher> log)
    {
        _webhooks = webhooks;
        _deliveries = deliveries;
        _caller = caller;
        _signals = signals;
        _backlog = backlog;
        _time = time;
        _log = log;
    }

    public override void Dispose()
    {
        _cut.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _webhooks.Changed += _signals.Look;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await ServeAsync(stoppingToken);
            }
        }
        finally
        {
            _webhooks.Changed -= _signals.Look;
            await StopCallsAsync();
        }
    }

    // Returns when told to stop, or after trouble.
    private async Task ServeAsync(CancellationToken stoppingToken)
    {
        try
        {
            await OpenAsync(stoppingToken);
            while (true)
            {
                TakeSignals();
                TakeEnds();
                var now = _time.GetUtcNow();
                await FillAsync(now, stoppingToken);
                await _signals.WaitAsync(NextReady(now), _time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Told to stop.
        }
#pragma warning disable CA1031 // a background loop: it logs and goes on
        catch (Exception trouble)
#pragma warning restore CA1031
        {
            PlatformLog.WebhookDispatchFailed(_log, trouble);
            await Task.Delay(TroubleWait, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        await _webhooks.LoadAsync(cancellationToken);
        _backlog.Set(await _deliveries.PendingAsync(cancellationToken));
        foreach (var webhook in _webhooks.All())
        {
            _signals.Look(webhook.Id);
        }
    }

    private void TakeSignals()
    {
        var now = _time.GetUtcNow();
        foreach (var id in _signals.Take())
        {
            var webhook = _webhooks.Find(id);
            if (_lanes.TryGetValue(id, out var lane))
            {
                lane.Configure(webhook ?? lane.Webhook with { Status = WebhookStatus.Inactive }, now);
            }
            else if (webhook is not null)
            {
                lane = new WebhookLane(webhook, now);
                lane.Configure(webhook, now);
                _lanes.Add(id, lane);
            }

            if (webhook is null && lane is { InFlight: 0 })
            {
                _lanes.Remove(id);
            }
        }
    }

    private void TakeEnds()
    {
        var now = _time.GetUtcNow();
        while (_ends.TryDequeue(out var end))
        {
            _calls--;
            _unprovenCalls -= end.WasProven ? 0 : 1;
            end.Lane.End(end.Due, end.Verdict, now);
            if (end.Lane.InFlight == 0 && _webhooks.Find(end.Lane.Webhook.Id) is null)
            {
                _lanes.Remove(end.Lane.Webhook.Id);
            }
        }
    }

    // One call for each lane in turn, until no lane may make another. Lanes that came later in the last round begin this one.
    private async ValueTask FillAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        WebhookLane[] ready = [.. _lanes.Values.Where(lane => lane.ReadyAt(now) <= now)];
        var isProgress = ready.Length > 0;
        while (isProgress && _calls < MaxCalls)
        {
            isProgress = false;
            _turn = (_turn + 1) % ready.Length;
            for (var i = 0; i < ready.Length && _calls < MaxCalls; i++)
            {
                isProgress |= await BeginAsync(ready[(_turn + i) % ready.Length], now, cancellationToken);
            }
        }
    }

    private async ValueTask<bool> BeginAsync(WebhookLane lane, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!(lane.ReadyAt(now) <= now) || (!lane.IsProven && _unprovenCalls >= MaxUnprovenCalls))
        {
            return false;
        }

        if (lane.NeedsRefill)
        {
            lane.Refill(await _deliveries.DueAsync(lane.Webhook.Id, lane.Leased, WebhookLane.BatchSize, cancellationToken));
        }

        // Its owner may have changed, stopped or deleted it since the signals were taken: what is true now counts. The signal is on its way.
        if (_webhooks.Find(lane.Webhook.Id) is not { Status: WebhookStatus.Active } webhook || lane.Begin(now) is not { } due)
        {
            return false;
        }

        _calls++;
        _unprovenCalls += lane.IsProven ? 0 : 1;
        _ = CallAsync(lane, webhook, due, lane.IsProven);
        return true;
    }

    // Its end always arrives: the caller does not throw.
    private async Task CallAsync(WebhookLane lane, Webhook webhook, WebhookDue due, bool wasProven)
    {
        var verdict = await _caller.DeliverAsync(webhook, due, _cut.Token);
        _ends.Enqueue(new CallEnd(lane, due, verdict, wasProven));
        _signals.Ring();
    }

    // Of the moment the lanes were filled: what became ready since is not missed. Lanes that could begin then wait for the end of a call, which rings.
    private DateTimeOffset NextReady(DateTimeOffset filledAt)
    {
        var next = filledAt + LongestWait;
        foreach (var lane in _lanes.Values)
        {
            if (lane.ReadyAt(filledAt) is { } at && at > filledAt && at < next)
            {
                next = at;
            }
        }

        return next;
    }

    // Calls get a little time to end; what does not end is pending still and goes out again at the next start.
    private async Task StopCallsAsync()
    {
        using var grace = new CancellationTokenSource(StopGrace, _time);
        using var cutting = grace.Token.Register(() => _cut.Cancel());
        TakeEnds();
        while (_calls > 0)
        {
            await _signals.WaitAsync(_time.GetUtcNow() + LongestWait, _time, CancellationToken.None);
            TakeEnds();
        }
    }

    private sealed record CallEnd(WebhookLane Lane, WebhookDue Due, WebhookVerdict Verdict, bool WasProven);
}
