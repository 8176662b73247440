namespace Relay.Delivery;

/// <summary>What a receiver's replies have taught about a path: connections and messages a second. Immutable; each step is a new value.</summary>
/// <remarks>
/// Additive increase, multiplicative decrease. A sign of strain (the receiver slows us down) first has to repeat: each adds one to
/// <see cref="Strain"/>, each success takes a fiftieth away, and two act. So one bad reply in a hundred changes nothing, and one in twenty
/// does within a minute. After a decrease further signs count only when <see cref="Grace"/> is over: those under way tell of the same
/// trouble. Broken connections are the matter of <see cref="ConcurrencyWindow"/>.
/// </remarks>
internal sealed record LearnedPace
{
    /// <summary>Messages a second below which traffic is too thin for its rate to say what the path bears.</summary>
    public const double LeastTraffic = 1;

    private const double StrainThatActs = 2;
    private const double Relief = 1.0 / 50;
    private const double ConnectionShare = 0.5;
    private const double RateShare = 0.7;

    /// <summary>A rate is raised by so much of what it was lowered from for each minute of sending at it.</summary>
    private const double RisePerMinute = 0.1;

    /// <summary>Six a minute: slower would starve a path whose receiver asks for less of everything.</summary>
    private const double LowestRate = 0.1;

    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private LearnedPace(int maxConnections) => MaxConnections = maxConnections;

    public int MaxConnections { get; }

    /// <summary>1 up to <see cref="MaxConnections"/>.</summary>
    public double Connections { get; private init; }

    /// <summary>Messages a second, at most; null while nothing holds it.</summary>
    public double? Rate { get; private init; }

    /// <summary>What the rate was before it was lowered for the first time: reached again, nothing holds it.</summary>
    public double RateBefore { get; private init; }

    public double Strain { get; private init; }

    public DateTimeOffset DeafUntil { get; private init; }

    /// <summary>Whole connections allowed now.</summary>
    public int Allowed => (int)Connections;

    /// <summary>Nothing was learned that still holds.</summary>
    public bool IsFree => Rate is null && Allowed == MaxConnections;

    /// <param name="maxConnections">1 or more; never exceeded.</param>
    public static LearnedPace Start(int maxConnections)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConnections, 1);
        return new LearnedPace(maxConnections) { Connections = maxConnections };
    }

    /// <summary>Goes on with what was learned before a restart.</summary>
    public static LearnedPace Resume(int maxConnections, int? connections, double? rate) =>
        Start(maxConnections) with { Connections = Math.Clamp(connections ?? maxConnections, 1, maxConnections), Rate = rate, RateBefore = rate / RateShare ?? 0 };

    /// <summary>One transaction went as it should: a connection more for each full round of them, and a little more rate.</summary>
    public LearnedPace Succeeded()
    {
        var rate = Rate is { } slow ? slow + (RateBefore * RisePerMinute / 60 / slow) : (double?)null;
        return this with
        {
            Connections = Math.Min(MaxConnections, Connections + (1 / Connections)),
            Strain = Math.Max(0, Strain - Relief),
            Rate = rate >= RateBefore ? null : rate,
        };
    }

    /// <summary>The receiver asks for less.</summary>
    /// <param name="recentRate">Messages a second that went of late.</param>
    public LearnedPace Strained(DateTimeOffset now, double recentRate)
    {
        if (now < DeafUntil)
        {
            return this;
        }

        var strain = Strain + 1;
        if (strain < StrainThatActs)
        {
            return this with { Strain = strain };
        }

        var before = Rate ?? Math.Max(recentRate, LeastTraffic);
        return this with
        {
            Strain = 0,
            DeafUntil = now + Grace,
            Connections = Math.Max(1, Connections * ConnectionShare),
            Rate = Math.Max(LowestRate, before * RateShare),
            RateBefore = Rate is null ? before : RateBefore,
        };
    }
}
