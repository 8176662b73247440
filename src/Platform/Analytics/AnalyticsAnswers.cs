namespace Relay.Platform.Analytics;

/// <summary>All counters as JSON members.</summary>
internal sealed record CountsAnswer
{
    public required long Sent { get; init; }

    public required long Delivered { get; init; }

    public required long Deferred { get; init; }

    public required long Bounced { get; init; }

    public required long BouncedHard { get; init; }

    public required long BouncedBlocked { get; init; }

    public required long BouncedSoft { get; init; }

    public required long Failed { get; init; }

    public required long Rejected { get; init; }

    public required long Suppressed { get; init; }

    public required long Cancelled { get; init; }

    public required long Complained { get; init; }

    public required long Unsubscribed { get; init; }

    public required long Opened { get; init; }

    public required long OpenedHuman { get; init; }

    public required long OpenedUnique { get; init; }

    public required long Clicked { get; init; }

    public required long ClickedHuman { get; init; }

    public required long ClickedUnique { get; init; }

    public static CountsAnswer Of(Counts counts) => new()
    {
        Sent = counts[Counter.Sent],
        Delivered = counts[Counter.Delivered],
        Deferred = counts[Counter.Deferred],
        Bounced = counts.Bounced,
        BouncedHard = counts[Counter.BouncedHard],
        BouncedBlocked = counts[Counter.BouncedBlocked],
        BouncedSoft = counts[Counter.BouncedSoft],
        Failed = counts[Counter.Failed],
        Rejected = counts[Counter.Rejected],
        Suppressed = counts[Counter.Suppressed],
        Cancelled = counts[Counter.Cancelled],
        Complained = counts[Counter.Complained],
        Unsubscribed = counts[Counter.Unsubscribed],
        Opened = counts[Counter.Opened],
        OpenedHuman = counts[Counter.OpenedHuman],
        OpenedUnique = counts[Counter.OpenedUnique],
        Clicked = counts[Counter.Clicked],
        ClickedHuman = counts[Counter.ClickedHuman],
        ClickedUnique = counts[Counter.ClickedUnique],
    };
}

/// <summary>Per cent of what was delivered.</summary>
internal sealed record RatesAnswer(double BounceRate, double ComplaintRate, double OpenRate, double ClickRate, double UnsubscribeRate)
{
    public static RatesAnswer Of(Counts counts) => new(
        counts.OfDelivered(Counter.BouncedHard),
        counts.OfDelivered(Counter.Complained),
        counts.OfDelivered(Counter.OpenedUnique),
        counts.OfDelivered(Counter.ClickedUnique),
        counts.OfDelivered(Counter.Unsubscribed));
}

internal sealed record TotalsAnswer(string From, string To, CountsAnswer Counts, RatesAnswer Rates, IReadOnlyList<GroupTotals>? Groups);

internal sealed record GroupTotals(string Group, CountsAnswer Counts, RatesAnswer Rates);

internal sealed record SeriesAnswer(string From, string To, string Interval, string? GroupBy, IReadOnlyList<SeriesGroup> Series);

internal sealed record SeriesGroup(string? Group, IReadOnlyList<SeriesPoint> Points);

internal sealed record SeriesPoint(string At, CountsAnswer Counts);

/// <summary>The reference's own shape: what dashboards of its clients show.</summary>
internal sealed record TimeSeriesAnswer(IReadOnlyList<TimeSeriesDay> Result, TimeSeriesTotals TotalCounts);

/// <param name="Date">Month and day, for example <c>Nov 21</c>.</param>
internal sealed record TimeSeriesDay(string Date, long Sent, long Delivered, long Opened, long Clicked, long Bounced, long Complained);

internal sealed record TimeSeriesTotals(long Sent, long Delivered, long Opened, long Clicked, long Bounced, long Complained);

/// <summary>The reference's own shape; rates in per cent.</summary>
internal sealed record ReputationAnswer(long Delivered, long HardBounced, long Complained, double BounceRate, double ComplaintRate);
