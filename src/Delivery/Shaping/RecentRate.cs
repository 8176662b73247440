namespace Relay.Delivery;

/// <summary>Messages a second over the last minute, as an average that fades. Not thread safe.</summary>
internal sealed class RecentRate
{
    private const double FadeSeconds = 60;
    private double _count;
    private DateTimeOffset _at;

    public void Count(DateTimeOffset now, int messages = 1)
    {
        _count = Faded(now) + messages;
        _at = now;
    }

    /// <summary>Zero when nothing went.</summary>
    public double PerSecond(DateTimeOffset now) => Faded(now) / FadeSeconds;

    private double Faded(DateTimeOffset now) => _count * Math.Exp(-Math.Max(0, (now - _at).TotalSeconds) / FadeSeconds);
}
