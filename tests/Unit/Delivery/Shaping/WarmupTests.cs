using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class WarmupTests
{
    private static readonly WarmupOptions Plan = new() { Name = "new", Source = "b", Days = [4, 8, 16] };
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly DeliveryKit _kit = new(new DeliveryOptions
    {
        Hostname = "relay.example.org",
        Sources = new Dictionary<string, EgressSourceOptions> { ["a"] = new(), ["b"] = new() },
        Warmup = [Plan],
    });

    [Fact]
    public void Budgets_double_up_to_the_target() => Assert.Equal([50, 100, 200, 400, 700], WarmupOptions.Growing(50, 100, 700));

    [Fact]
    public void Budgets_end_with_the_year_however_slowly_they_grow() => Assert.Equal(WarmupOptions.MaxDays, WarmupOptions.Growing(1, 1, 1_000_000_000).Count);

    [Fact]
    public void A_day_that_was_used_is_followed_by_the_next_and_the_last_by_freedom()
    {
        var progress = WarmupRules.Start(Plan, "google", Noon);
        foreach (var budget in Plan.Days)
        {
            Assert.Equal(budget, WarmupRules.Left(Plan, progress));
            progress = WarmupRules.At(Plan, progress with { Sent = budget }, Noon.AddDays(progress.Day + 1));
        }

        Assert.Null(WarmupRules.Left(Plan, progress));
        Assert.True(WarmupRules.IsDone(Plan, progress));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    public void A_day_of_which_less_than_half_was_used_is_repeated(int sent, int day) =>
        Assert.Equal(day, WarmupRules.At(Plan, WarmupRules.Start(Plan, "google", Noon) with { Sent = sent }, Noon.AddDays(1)).Day);

    [Theory]
    [InlineData(17, 3, 0, 0, null)]
    [InlineData(16, 5, 0, 0, "5 of 21 recipients deferred")]
    [InlineData(15, 0, 4, 0, "4 of 19 recipients refused")]
    [InlineData(17, 0, 3, 0, "3 of 20 recipients refused")]
    [InlineData(3, 10, 0, 0, null)]
    [InlineData(500, 0, 0, 2, "2 complaints about 500 delivered")]
    [InlineData(1000, 0, 0, 2, null)]
    [InlineData(10, 0, 0, 1, null)]
    public void It_rests_on_bad_signals(int delivered, int deferred, int bounced, int complaints, string? reason)
    {
        var counted = WarmupRules.Observe(Plan, WarmupRules.Start(Plan, "google", Noon), new WarmupCounts(delivered, deferred, bounced, complaints), Noon);

        // Nineteen outcomes say nothing yet.
        Assert.Equal(delivered + deferred + bounced == 19 ? null : reason, counted.PauseReason);
        Assert.Equal(counted.PauseReason is null ? null : Noon + Plan.Pause, counted.PausedUntil);
    }

    [Fact]
    public void After_its_rest_it_goes_on_and_the_day_is_repeated()
    {
        var resting = WarmupRules.Observe(Plan, WarmupRules.Start(Plan, "google", Noon) with { Sent = 3 }, new WarmupCounts(10, 20, 0, 0), Noon);
        Assert.Equal(0, WarmupRules.Left(Plan, resting));

        var later = WarmupRules.At(Plan, resting, Noon + Plan.Pause);
        Assert.Equal(1, WarmupRules.Left(Plan, later));
        Assert.Null(WarmupRules.Observe(Plan, later, new WarmupCounts(1, 0, 0, 0), Noon + Plan.Pause).PausedUntil);

        var tomorrow = WarmupRules.At(Plan, later with { Sent = 4 }, Noon.AddDays(1));
        Assert.Equal((0, 4, null), (tomorrow.Day, WarmupRules.Left(Plan, tomorrow), tomorrow.PauseReason));
    }

    [Fact]
    public void No_day_sends_more_than_its_budget() =>
        Prop.ForAll<byte[]>(steps =>
        {
            var gate = new WarmupGate(_kit.Options, _kit.Clock);
            var (now, path) = (Noon, new PathKey("google", "b"));
            var sent = new Dictionary<DateOnly, int>();
            foreach (var step in steps)
            {
                now += TimeSpan.FromHours(step % 5);
                for (var i = 0; i < step / 10; i++)
                {
                    if (gate.TryTake(path, now))
                    {
                        var date = DateOnly.FromDateTime(now.UtcDateTime);
                        sent[date] = sent.GetValueOrDefault(date) + 1;
                    }
                }
            }

            // The n-th day with mail is at most the n-th of the plan.
            return sent.OrderBy(day => day.Key).Take(Plan.Days.Count).Select((day, i) => day.Value <= Plan.Days[i]).All(holds => holds);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_does_not_fit_goes_by_the_warm_source_and_each_site_has_its_own_budget()
    {
        var gate = new WarmupGate(_kit.Options, _kit.Clock);
        var dispatcher = new Dispatcher(_kit.Options, _kit.Routes, _kit.EgressPools, _kit.Clock, gate);
        var taken = new List<string>();
        dispatcher.Start((queue, _) => taken.Add(queue.Path.Source.Name), (_, _) => { });
        foreach (var site in new[] { "google", "yahoo" })
        {
            taken.Clear();
            Send(dispatcher, DeliveryKit.MxRoute(site, new SiteOptions { MaxConnections = 100 }), 30);

            Assert.Equal(4, taken.Count(source => source == "b"));
        }

        Assert.Equal(0, gate.Find(new PathKey("google", "b"), _kit.Clock.Now)!.Value.Left);
        Assert.Null(gate.Find(new PathKey("google", "a"), _kit.Clock.Now));
    }

    [Fact]
    public void Without_a_warm_source_mail_waits_for_the_next_day()
    {
        var options = _kit.Options with { Sources = new Dictionary<string, EgressSourceOptions> { ["b"] = new() } };
        var gate = new WarmupGate(options, _kit.Clock);
        var dispatcher = new Dispatcher(options, _kit.Routes, new EgressPools(options, _kit.Sources), _kit.Clock, gate);
        DateTimeOffset? again = null;
        dispatcher.Start((_, _) => { }, (_, at) => again = at);
        Send(dispatcher, DeliveryKit.MxRoute("google"), 5);

        Assert.Equal(new DateTimeOffset(2030, 1, 2, 0, 0, 0, TimeSpan.Zero), again);
    }

    [Fact]
    public async Task Progress_and_a_pause_survive_a_restart_and_are_told()
    {
        var store = new MemoryWarmupStore();
        var decisions = new DecisionLog(_kit.Metrics);
        var (gate, path) = (new WarmupGate(_kit.Options, _kit.Clock), new PathKey("google", "b"));
        var service = new WarmupService(gate, store, _kit.Control, decisions, NullLogger<WarmupService>.Instance, _kit.Clock);
        await service.StartAsync(CancellationToken.None);
        Assert.True(gate.TryTake(path, _kit.Clock.Now));
        gate.Count(path, new WarmupCounts(10, 20, 0, 0));
        await service.StopAsync(CancellationToken.None);

        Assert.Equal((ShapingAct.WarmupPaused, "20 of 30 recipients deferred"), (decisions.Take(1)[0].Act, Assert.Single(_kit.Control.Active(path)).Reason));
        var restarted = new WarmupGate(_kit.Options, _kit.Clock);
        restarted.Load(await store.LoadAsync(CancellationToken.None));
        var progress = Assert.Single(Assert.Single(restarted.Snapshot()).Sites);
        Assert.Equal((1, 20, _kit.Clock.Now + Plan.Pause), (progress.Sent, progress.Deferred, progress.PausedUntil!.Value));
        Assert.False(restarted.TryTake(path, _kit.Clock.Now));
        restarted.Resume(path);
        Assert.True(restarted.TryTake(path, _kit.Clock.Now));
    }

    private void Send(Dispatcher dispatcher, Route route, int messages)
    {
        for (var i = 0; i < messages; i++)
        {
            if (dispatcher.PlanLease(QueueLane.Of(route.Site.Name + ".test"), route, 1) is { } plan)
            {
                dispatcher.Complete(plan, [_kit.Task([$"r@{route.Site.Name}.test"])]);
            }
        }
    }
}
