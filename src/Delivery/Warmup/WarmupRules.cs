using System.Globalization;

namespace Relay.Delivery;

/// <summary>The steps of a warm-up, as functions of values.</summary>
internal static class WarmupRules
{
    /// <summary>Of fewer outcomes a share says nothing.</summary>
    private const int LeastOutcomes = 20;

    public static WarmupProgress Start(WarmupOptions plan, string site, DateTimeOffset now) =>
        new() { Plan = plan.Name, Site = site, Date = DateOf(now) };

    /// <summary>
    /// The progress as of this instant. A new day has the next budget, unless the one before had to rest, or sent less than half of its
    /// own: such a day has warmed up nothing and is repeated.
    /// </summary>
    public static WarmupProgress At(WarmupOptions plan, WarmupProgress progress, DateTimeOffset now)
    {
        // What was bad has been paid for; that it was keeps its reason until the day is over.
        if (progress.PausedUntil <= now)
        {
            progress = progress with { PausedUntil = null, Deferred = 0, Bounced = 0, Complaints = 0 };
        }

        if (DateOf(now) <= progress.Date)
        {
            return progress;
        }

        var isStep = !IsDone(plan, progress) && progress.PauseReason is null && progress.Sent * 2L >= plan.Days[progress.Day];
        return new WarmupProgress
        {
            Plan = progress.Plan,
            Site = progress.Site,
            Day = isStep ? progress.Day + 1 : progress.Day,
            Date = DateOf(now),
            PausedUntil = progress.PausedUntil,
            PauseReason = progress.PausedUntil is null ? null : progress.PauseReason,
        };
    }

    public static bool IsDone(WarmupOptions plan, WarmupProgress progress) => progress.Day >= plan.Days.Count;

    /// <summary>Messages of the day; null when there is no limit any more.</summary>
    public static int? Budget(WarmupOptions plan, WarmupProgress progress) => IsDone(plan, progress) ? null : plan.Days[progress.Day];

    /// <summary>Messages that may still go today; null when there is no limit any more.</summary>
    /// <param name="progress">As of now.</param>
    public static int? Left(WarmupOptions plan, WarmupProgress progress) =>
        progress.PausedUntil is not null ? 0 : Budget(plan, progress) is { } budget ? Math.Max(0, budget - progress.Sent) : null;

    /// <summary>When there is a budget again, for a plan without one now.</summary>
    public static DateTimeOffset NextAt(WarmupProgress progress) =>
        progress.PausedUntil ?? new DateTimeOffset(progress.Date.AddDays(1), TimeOnly.MinValue, TimeSpan.Zero);

    /// <summary>Counts, and lets the plan rest when too much of the day is bad.</summary>
    public static WarmupProgress Observe(WarmupOptions plan, WarmupProgress progress, WarmupCounts counts, DateTimeOffset now)
    {
        var counted = progress with
        {
            Delivered = progress.Delivered + counts.Delivered,
            Deferred = progress.Deferred + counts.Deferred,
            Bounced = progress.Bounced + counts.Bounced,
            Complaints = progress.Complaints + counts.Complaints,
        };
        return !IsDone(plan, counted) && counted.PausedUntil is null && BadSign(plan, counted) is { } sign
            ? counted with { PausedUntil = now + plan.Pause, PauseReason = sign }
            : counted;
    }

    /// <summary>An operator lets it go on: what was bad today is forgotten.</summary>
    public static WarmupProgress Resume(WarmupProgress progress) =>
        progress with { PausedUntil = null, PauseReason = null, Deferred = 0, Bounced = 0, Complaints = 0 };

    private static DateOnly DateOf(DateTimeOffset now) => DateOnly.FromDateTime(now.UtcDateTime);

    private static string? BadSign(WarmupOptions plan, WarmupProgress progress)
    {
        var outcomes = progress.Delivered + progress.Deferred + progress.Bounced;
        return Exceeds(progress.Deferred, outcomes, plan.MaxDeferredPercent) ? Sentence(progress.Deferred, "deferred", outcomes)
            : Exceeds(progress.Bounced, outcomes, plan.MaxBouncedPercent) ? Sentence(progress.Bounced, "refused", outcomes)
            : progress.Complaints > 1 && progress.Complaints * 1000L > (long)plan.MaxComplaintsPerThousand * Math.Max(1, progress.Delivered)
                ? string.Create(CultureInfo.InvariantCulture, $"{progress.Complaints} complaints about {progress.Delivered} delivered")
                : null;
    }

    private static bool Exceeds(int bad, int outcomes, int percent) => outcomes >= LeastOutcomes && bad * 100L > (long)percent * outcomes;

    private static string Sentence(int bad, string word, int outcomes) => string.Create(CultureInfo.InvariantCulture, $"{bad} of {outcomes} recipients {word}");
}
