namespace Relay;

/// <summary><c>[warmup.NAME]</c>: how a new egress source gets used to receivers, day by day.</summary>
internal sealed class WarmupSection
{
    /// <summary>Name of the egress source that is new. What is beyond the day's budget goes by the other sources of its pool.</summary>
    [Setting(IsRequired = true)]
    public string Source { get; init; } = string.Empty;

    /// <summary>Sites (providers of the presets such as google, or the domain of MX hosts) with a budget each. Default: every site, each for itself.</summary>
    [Setting(Shown = "every site")]
    public IReadOnlyList<string> Sites { get; init; } = [];

    /// <summary>Messages of the first day, the second, … Default: as first_day, daily_growth and target say.</summary>
    [Setting(Min = "1", Max = "1000000000", MaxCount = 365, Shown = "by first_day, daily_growth and target")]
    public IReadOnlyList<int> Plan { get; init; } = [];

    /// <summary>Messages of the first day. Default 50, what large receivers take from a stranger without suspicion.</summary>
    [Setting(Min = "1", Max = "1000000")]
    public int FirstDay { get; init; } = 50;

    /// <summary>How much more each day. Default 100%: doubled each day, as receivers recommend at most.</summary>
    [Setting(Min = "1%", Max = "100%")]
    public Percent DailyGrowth { get; init; } = new(100);

    /// <summary>Messages of a day after which the source counts as warm. Default 50000.</summary>
    [Setting(Min = "1", Max = "1000000000")]
    public int Target { get; init; } = 50_000;

    /// <summary>Share of the day's recipients deferred by the receiver above which the plan rests. Default 20%: a receiver that defers every fifth asks for less. Greylisting does not count.</summary>
    [Setting(Min = "1%", Max = "100%")]
    public Percent MaxDeferred { get; init; } = new(20);

    /// <summary>The same of those refused for good. Default 10%: a list that bad spoils a new address for months.</summary>
    [Setting(Min = "1%", Max = "100%")]
    public Percent MaxBounced { get; init; } = new(10);

    /// <summary>Complaints by a thousand delivered above which the plan rests. Default 3: large receivers publish 0.3% as what they never bear.</summary>
    [Setting(Min = "1", Max = "1000")]
    public int MaxComplaintsPerThousand { get; init; } = 3;

    /// <summary>How long it rests; the day is repeated afterwards. Default 6h.</summary>
    [Setting(Min = "1m", Max = "7d")]
    public TimeSpan Pause { get; init; } = TimeSpan.FromHours(6);
}
