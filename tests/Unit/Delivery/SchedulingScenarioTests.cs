using Relay.Bench.Simulation;
using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What the queue promises under load, in virtual time: nobody waits for another's trouble, and nothing goes all at once.</summary>
public sealed class SchedulingScenarioTests
{
    private const int Backlog = 100_000;
    private const int Healthy = 20_000;
    private static readonly TimeSpan Outage = new(5, 0, 17);
    private static readonly IReadOnlyList<Domain> HealthyDomains = Scenario.Own("well", 100, host => new Receiver { Host = host, Share = 0, Hiccups = 0, Unknown = 0 });

    /// <summary>A site that says no to everything, one that refuses connections, and one that lets them time out.</summary>
    public static TheoryData<string> Troubles => ["defers", "refuses", "silent"];

    [Theory]
    [MemberData(nameof(Troubles))]
    public void A_hundred_thousand_deferred_at_one_site_delay_nobody_else(string trouble)
    {
        var alone = WaitsOfHealthy([]);
        var beside = WaitsOfHealthy(Scenario.Hosted("stuck", 50, Stuck(trouble)));

        Assert.Equal(Healthy, alone.Count);
        Assert.Equal(Healthy, beside.Count);
        var (before, after) = (At99(alone), At99(beside));
        Assert.True(Math.Abs((after / before) - 1) < 0.2, $"p99 alone {before}, beside the backlog {after}");
    }

    [Fact]
    public void Fifty_thousand_keys_that_are_due_at_a_start_are_sent_little_by_little()
    {
        const int Keys = 50_000;
        var own = Scenario.Own("own", Keys - 10_000, host => new Receiver { Host = host, Share = 0, Hiccups = 0, Unknown = 0 });
        var shared = Scenario.Hosted("shared", 10_000, new Receiver { Host = "one.example", Share = 0, Hiccups = 0, Unknown = 0 });
        var all = own.Concat(shared).ToList();
        var scenario = new Scenario(Keys, all);
        scenario.Queue(Keys, all);

        scenario.Run(TimeSpan.FromHours(1), all, Keys);

        Assert.Equal(Keys, scenario.Deliveries(all).Count);
        Assert.Equal(0, scenario.Audit.Violations);

        // As many at once as there may be connections; each of them takes an eighth of a second at the least, a quarter on average.
        Assert.InRange(scenario.Audit.MostConnections, 100, scenario.Options.MaxConnections);
        Assert.InRange(scenario.Audit.MostStartedInSecond, 100, scenario.Options.MaxConnections * 4);
        Assert.InRange(scenario.Audit.MostStartedInSecondOnPath, 1, scenario.Options.SiteDefaults.MaxConnections!.Value * 5);

        // Nobody's turn comes before the others had theirs: the shared site's many keys take no more than its connections.
        Assert.True(scenario.Deliveries(own)[^1] - Scenario.Start < TimeSpan.FromMinutes(5), scenario.Deliveries(own)[^1].ToString("O"));
    }

    [Fact]
    public void Mail_of_a_dead_site_flows_within_seconds_of_its_answer_and_no_faster_than_a_new_site_would_get_it()
    {
        const int Waiting = 20_000;
        var dead = Scenario.Hosted("dead", 300, new Receiver { Host = "dead.example", Share = 0, Away = Outage, Timeout = TimeSpan.FromSeconds(30), Hiccups = 0, Unknown = 0 });
        var scenario = new Scenario(Waiting, dead);
        scenario.Queue(Waiting, dead);

        scenario.Run(TimeSpan.FromHours(8), dead, Waiting);

        var deliveries = scenario.Deliveries(dead);
        Assert.Equal(Waiting, deliveries.Count);
        var answered = scenario.Audit.AnsweredAt(new PathKey("dead.example", "s0"))!.Value;
        Assert.InRange(answered - Scenario.Start - Outage, TimeSpan.Zero, TimeSpan.FromSeconds(90));
        Assert.InRange(deliveries[0] - answered, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.True(deliveries[99] - answered < TimeSpan.FromSeconds(15), (deliveries[99] - answered).ToString());

        // It grows from one connection; all of it needs minutes, no second gets more than the connections can carry.
        Assert.InRange(deliveries.Count(at => at < answered.AddSeconds(2)), 1, 50);
        Assert.InRange(deliveries[^1] - answered, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(30));
        Assert.InRange(scenario.Audit.MostStartedInSecondOnPath, 1, scenario.Options.SiteDefaults.MaxConnections!.Value * 5);
        Assert.Equal(0, scenario.Audit.Violations);
    }

    private static IReadOnlyList<TimeSpan> WaitsOfHealthy(IReadOnlyList<Domain> stuck)
    {
        var scenario = new Scenario(Healthy + Backlog, HealthyDomains, stuck);
        if (stuck.Count > 0)
        {
            scenario.Queue(Backlog, stuck);
        }

        scenario.Accept(Healthy, perSecond: 200, HealthyDomains);
        scenario.Run(TimeSpan.FromMinutes(10), HealthyDomains, Healthy);
        return scenario.Waits(HealthyDomains);
    }

    private static Receiver Stuck(string trouble)
    {
        var receiver = new Receiver { Host = "stuck.example", Share = 0 };
        return trouble switch
        {
            "defers" => receiver with { PerMinute = 0 },
            "refuses" => receiver with { Away = TimeSpan.FromDays(9) },
            _ => receiver with { Away = TimeSpan.FromDays(9), Timeout = TimeSpan.FromSeconds(30) },
        };
    }

    private static TimeSpan At99(IReadOnlyList<TimeSpan> waits) => waits[(int)(waits.Count * 0.99)];
}
