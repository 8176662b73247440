namespace Relay.Delivery;

/// <summary>Why a path rests, and until when.</summary>
public sealed record SuspensionInfo(DateTimeOffset Since, DateTimeOffset Until, string Reason);

/// <summary>Suspends a path after failures in a row; when the time is over one connection probes it. Not thread safe.</summary>
internal sealed class Suspensions(SuspensionOptions first)
{
    private SuspensionOptions _options = first;
    private int _failures;
    private TimeSpan _next = first.First;
    private SuspensionInfo? _current;

    /// <summary>What is in force, the time of probing included; null when the path works.</summary>
    public SuspensionInfo? Current => _current;

    public bool IsSuspended(DateTimeOffset now) => _current is { } current && now < current.Until;

    /// <summary>The time is over, but no success yet: one connection at a time.</summary>
    public bool IsProbing(DateTimeOffset now) => _current is { } current && now >= current.Until;

    /// <summary>Counts a connection-level failure; returns true when it suspends the path (again).</summary>
    public bool Failed(DateTimeOffset now, string reason)
    {
        if (IsSuspended(now))
        {
            // Connections that were open already when the path was suspended tell nothing new.
            return false;
        }

        _failures++;
        if (_current is null && _failures < _options.Failures)
        {
            return false;
        }

        _current = new SuspensionInfo(_current?.Since ?? now, now + _next, reason);
        _next = _next * 2 < _options.Longest ? _next * 2 : _options.Longest;
        return true;
    }

    /// <summary>It did not answer when an earlier process ended: probed from now on.</summary>
    public void Resume(DateTimeOffset now) => _current ??= new SuspensionInfo(now, now, "it did not answer before the last start");

    public void Succeeded()
    {
        _failures = 0;
        _next = _options.First;
        _current = null;
    }

    /// <summary>Holds from the next suspension on; the one in force ends when it was to end.</summary>
    public void Change(SuspensionOptions options)
    {
        _options = options;
        _next = _current is null || _next < options.First ? options.First : _next > options.Longest ? options.Longest : _next;
    }
}
