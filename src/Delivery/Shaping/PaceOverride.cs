namespace Relay.Delivery;

/// <summary>From what was learned to the limits in force.</summary>
internal static class PaceOverride
{
    public const string Name = "learning";

    /// <summary>What was learned is believed for so long without news.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    // Between renewals of the same values.
    private static readonly TimeSpan Renewal = TimeSpan.FromMinutes(1);
    private const double Noticeable = 0.05;

    /// <summary>Null when nothing holds the path.</summary>
    public static LimitOverride? Of(LearnedPace pace, DateTimeOffset now, string reason) => pace.IsFree ? null : new LimitOverride
    {
        Name = Name,
        Reason = reason,
        Until = now + Life,
        MaxConnections = pace.Allowed < pace.MaxConnections ? pace.Allowed : null,
        MessageRate = pace.Rate is { } rate ? RateOf(rate) : null,
    };

    /// <summary>False for changes too small to be worth the dispatcher's lock.</summary>
    public static bool Differs(LimitOverride? left, LimitOverride? right) =>
        left is null != right is null
        || (left is not null && right is not null
            && (left.MaxConnections != right.MaxConnections || right.Until - left.Until >= Renewal || RatesDiffer(left.MessageRate, right.MessageRate)));

    /// <summary>Messages a second as a rate; those below one a minute by the hour.</summary>
    public static MessageRate RateOf(double perSecond) => perSecond * 60 >= 1
        ? new MessageRate((int)Math.Min(int.MaxValue, perSecond * 60), TimeSpan.FromMinutes(1))
        : new MessageRate(Math.Max(1, (int)(perSecond * 3600)), TimeSpan.FromHours(1));

    public static double PerSecond(MessageRate rate) => rate.Count / rate.Period.TotalSeconds;

    private static bool RatesDiffer(MessageRate? left, MessageRate? right) =>
        left is null != right is null
        || (left is not null && right is not null && Math.Abs(PerSecond(left) - PerSecond(right)) > Noticeable * PerSecond(left));
}
