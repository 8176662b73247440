using System.Diagnostics.Metrics;

namespace Relay.Admin;

/// <summary>Mail in and out of the last hour by second and of the last day by minute, counted from the program's own instruments.</summary>
/// <remarks>In memory only; what happened before the start is recalled from the history of events (<see cref="TrafficHistory"/>).</remarks>
internal sealed class TrafficMonitor : IDisposable
{
    /// <summary>A rate "now" is that of so many whole seconds.</summary>
    public static readonly TimeSpan Now = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly TrafficRing _seconds = new(3_600 + 60, Second);
    private readonly TrafficRing _minutes = new(24 * 60 + 10, TimeSpan.FromMinutes(1));
    private DateTimeOffset _since;

    public TrafficMonitor(TimeProvider time)
    {
        _time = time;
        _since = time.GetUtcNow();
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name is "relay.queue.accepted" or "relay.queue.refused" or "relay.delivery.outcomes" or "relay.dns.queries")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (KindOf(instrument.Name, tags) is { } kind)
            {
                Add(kind, value);
            }
        });
        _listener.Start();
    }

    /// <summary>From when on everything is counted: the start, or earlier where the history was recalled.</summary>
    public DateTimeOffset Since
    {
        get
        {
            lock (_lock)
            {
                return _since;
            }
        }

        set
        {
            lock (_lock)
            {
                _since = value;
            }
        }
    }

    public void Add(TrafficKind kind, long count)
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            _seconds.Add(now, kind, count);
            _minutes.Add(now, kind, count);
        }
    }

    /// <summary>Counts what happened before now; what is too old for the chart is left out.</summary>
    public void Recall(DateTimeOffset at, TrafficKind kind, long count)
    {
        lock (_lock)
        {
            var age = _time.GetUtcNow() - at;
            foreach (var ring in new[] { _seconds, _minutes })
            {
                // A step the ring has left already shares its place with a newer one.
                if (age < ring.Length - ring.Step)
                {
                    ring.Add(at, kind, count);
                }
            }
        }
    }

    /// <summary>What was counted in the last whole seconds; the current one is not over and would read too low.</summary>
    public long Sum(TrafficKind kind, TimeSpan length)
    {
        lock (_lock)
        {
            return RingFor(length).Sum(_time.GetUtcNow() - Second, length, kind);
        }
    }

    /// <summary>Per second; over the time since the start when that is shorter.</summary>
    public double Rate(TrafficKind kind, TimeSpan length)
    {
        var observed = _time.GetUtcNow() - Since;
        var seconds = Math.Clamp(observed.TotalSeconds, 1, length.TotalSeconds);
        return Sum(kind, length) / seconds;
    }

    /// <summary>Points of equal length, oldest first, ending with the last whole one.</summary>
    public IReadOnlyList<TrafficPoint> Series(TimeSpan length, TimeSpan step)
    {
        lock (_lock)
        {
            var ring = RingFor(length);
            var end = new DateTimeOffset(_time.GetUtcNow().UtcTicks / step.Ticks * step.Ticks, TimeSpan.Zero);
            var points = new List<TrafficPoint>((int)(length / step));
            for (var at = end - length; at < end; at += step)
            {
                points.Add(Point(ring, at, step));
            }

            return points;
        }
    }

    public void Dispose() => _listener.Dispose();

    private static TrafficPoint Point(TrafficRing ring, DateTimeOffset at, TimeSpan step)
    {
        // The last step of the ring that begins before the point's end.
        var last = at + step - ring.Step;
        long Sum(TrafficKind kind) => ring.Sum(last, step, kind);
        return new TrafficPoint(
            at,
            Sum(TrafficKind.Accepted),
            Sum(TrafficKind.Delivered),
            Sum(TrafficKind.Deferred),
            Sum(TrafficKind.Bounced) + Sum(TrafficKind.Expired),
            Sum(TrafficKind.Captured));
    }

    private TrafficRing RingFor(TimeSpan length) => length <= TimeSpan.FromHours(1) ? _seconds : _minutes;

    private static TrafficKind? KindOf(string instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) => instrument switch
    {
        "relay.queue.accepted" => TrafficKind.Accepted,
        "relay.queue.refused" => TrafficKind.Refused,
        "relay.dns.queries" => Tag(tags, "outcome") == "answered" ? TrafficKind.DnsAnswered : TrafficKind.DnsLost,
        _ => Tag(tags, "state") switch
        {
            "delivered" => TrafficKind.Delivered,
            "deferred" => TrafficKind.Deferred,
            "bounced" => TrafficKind.Bounced,
            "expired" => TrafficKind.Expired,
            "captured" => TrafficKind.Captured,
            "held" => TrafficKind.Held,
            _ => null,
        },
    };

    private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var (key, value) in tags)
        {
            if (key == name)
            {
                return value as string;
            }
        }

        return null;
    }
}

/// <summary>What happened in one step: messages accepted, recipients by outcome.</summary>
internal sealed record TrafficPoint(DateTimeOffset At, long Accepted, long Delivered, long Deferred, long Bounced, long Captured);
