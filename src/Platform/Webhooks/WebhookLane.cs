using Relay.Queue;

namespace Relay.Platform.Webhooks;

/// <summary>What the dispatcher knows of one webhook: what it holds in hand, how many calls are under way, how it has been doing.</summary>
/// <remarks>
/// Owned by the dispatcher's loop; not thread safe. A lane begins with one call at a time and widens by one with each success, up to
/// <see cref="MaxWindow"/>; a failure takes it back to one. After several failures in a row it rests, longer each time, at most a minute.
/// </remarks>
internal sealed class WebhookLane
{
    public const int MaxWindow = 4;
    public const int BatchSize = 16;

    private const int PatientFailures = 3;
    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(1);

    private readonly Queue<WebhookDue> _hand = new();
    private readonly HashSet<long> _leased = [];
    private TokenRate _rate;
    private TokenBucket _bucket;
    private int _window = 1;
    private int _failures;
    private DateTimeOffset _restUntil = DateTimeOffset.MinValue;

    public WebhookLane(Webhook webhook, DateTimeOffset now)
    {
        Webhook = webhook;
        _rate = RateOf(webhook);
    }

    public Webhook Webhook { get; private set; }

    public int InFlight { get; private set; }

    /// <summary>Taken from the store: in hand or under way.</summary>
    public IReadOnlySet<long> Leased => _leased;

    /// <summary>When the store has something for it; null when nothing waits for a time.</summary>
    public DateTimeOffset? StoreDue { get; private set; }

    /// <summary>Its last call succeeded. The others share a part of the calls only.</summary>
    public bool IsProven => _failures == 0 && _window > 1;

    public bool IsServed => Webhook.Status == WebhookStatus.Active;

    public bool NeedsRefill => _hand.Count == 0;

    /// <summary>Looks at the store as soon as it may: something was added, or it was switched on.</summary>
    public void Configure(Webhook webhook, DateTimeOffset now)
    {
        _rate = RateOf(webhook);
        if (!IsServed && webhook.Status == WebhookStatus.Active)
        {
            _failures = 0;
            _restUntil = DateTimeOffset.MinValue;
        }

        Webhook = webhook;
        StoreDue = now;
        if (!IsServed)
        {
            Drop();
        }
    }

    /// <summary>When a call could begin: now or before, later, or null while only the end of another one helps.</summary>
    public DateTimeOffset? ReadyAt(DateTimeOffset now)
    {
        if (!IsServed || InFlight >= _window || (NeedsRefill && StoreDue is null))
        {
            return null;
        }

        var due = NeedsRefill ? StoreDue!.Value : now;
        var allowed = _bucket.Within(_rate, now).NextAt(_rate, now);
        return Latest(due, Latest(allowed, _restUntil));
    }

    public void Refill(WebhookDuePage page)
    {
        foreach (var due in page.Due)
        {
            _hand.Enqueue(due);
            _leased.Add(due.Id);
        }

        StoreDue = page.Next;
    }

    public WebhookDue? Begin(DateTimeOffset now)
    {
        if (!_hand.TryDequeue(out var due))
        {
            return null;
        }

        _bucket = _bucket.Within(_rate, now).Spend(_rate, now, 1);
        InFlight++;
        return due;
    }

    public void End(WebhookDue due, WebhookVerdict verdict, DateTimeOffset now)
    {
        InFlight--;
        _leased.Remove(due.Id);

        // What it did may have let another go, and somebody may have asked for it again while nobody could take it: the store knows.
        StoreDue = now;
        switch (verdict.Outcome)
        {
            case WebhookOutcome.Succeeded:
                _failures = 0;
                _window = Math.Min(_window + 1, MaxWindow);
                break;
            case WebhookOutcome.Failed:
                _failures++;
                _window = 1;
                _restUntil = Latest(now + Rest(), verdict.NotBefore ?? DateTimeOffset.MinValue);
                break;
            default:
                _restUntil = verdict.NotBefore ?? _restUntil;
                break;
        }
    }

    /// <summary>Gives back what is in hand; it stays pending in the store.</summary>
    private void Drop()
    {
        foreach (var due in _hand)
        {
            _leased.Remove(due.Id);
        }

        _hand.Clear();
    }

    private TimeSpan Rest()
    {
        var step = _failures - PatientFailures;
        return step < 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(FirstRest.TotalSeconds * Math.Pow(2, Math.Min(step, 10)), LongestRest.TotalSeconds));
    }

    private static TokenRate RateOf(Webhook webhook) =>
        TokenRate.Of(webhook.RateLimit, webhook.RatePeriod == WebhookRatePeriod.Second ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(1));

    private static DateTimeOffset Latest(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
