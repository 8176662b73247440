namespace Relay.Delivery;

/// <summary>How a new source gets used to a receiver: so many messages a day, growing from day to day. Immutable; validated by who builds it.</summary>
public sealed record WarmupOptions
{
    public const int MaxDays = 365;

    public required string Name { get; init; }

    /// <summary>The source that is warmed up.</summary>
    public required string Source { get; init; }

    /// <summary>Names of sites (providers); empty: every site. Each has a budget of its own.</summary>
    public IReadOnlyList<string> Sites { get; init; } = [];

    /// <summary>Messages of the first day, the second, …; after the last one the source is warm. At least one.</summary>
    public required IReadOnlyList<int> Days { get; init; }

    /// <summary>Share of the day's recipients deferred by the receiver above which the plan rests, in percent.</summary>
    public int MaxDeferredPercent { get; init; } = 20;

    /// <summary>The same of those refused for good.</summary>
    public int MaxBouncedPercent { get; init; } = 10;

    /// <summary>Complaints by a thousand delivered above which the plan rests.</summary>
    public int MaxComplaintsPerThousand { get; init; } = 3;

    /// <summary>How long it rests.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromHours(6);

    internal bool Covers(PathKey path) => path.Source == Source && (Sites.Count == 0 || Sites.Contains(path.Site));

    /// <summary>From <paramref name="first"/> on each day <paramref name="percent"/> more, until <paramref name="target"/> is reached.</summary>
    public static IReadOnlyList<int> Growing(int first, int percent, int target)
    {
        var days = new List<int>();
        for (double today = first; days.Count < MaxDays; today *= 1 + (percent / 100.0))
        {
            days.Add((int)Math.Min(today, target));
            if (today >= target)
            {
                break;
            }
        }

        return days;
    }
}
