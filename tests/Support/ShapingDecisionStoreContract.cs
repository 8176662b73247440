using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every store of decisions promises; derive once per store.</summary>
public abstract class ShapingDecisionStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    protected IShapingDecisionStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<IShapingDecisionStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Keeps_every_fact()
    {
        var decision = Decision("google") with { Connections = 3, Rate = new MessageRate(20, TimeSpan.FromMinutes(1)), Act = ShapingAct.Suspended };
        await Store.AppendAsync([decision], None);

        var found = Assert.Single(await Store.ListAsync(new DecisionFilter(), None));
        Assert.True(found.Id > 0);
        Assert.Equal(decision with { Id = found.Id }, found);
    }

    [Fact]
    public async Task A_decision_may_leave_site_and_limits_open()
    {
        var decision = Decision("x") with { Site = null, Source = "a" };
        await Store.AppendAsync([decision], None);

        var found = Assert.Single(await Store.ListAsync(new DecisionFilter { Source = "a" }, None));
        Assert.Equal(decision with { Id = found.Id }, found);
        Assert.Empty(await Store.ListAsync(new DecisionFilter { Source = "b" }, None));
    }

    [Fact]
    public async Task Lists_newest_first_in_pages_by_site()
    {
        await Store.AppendAsync([Decision("a") with { Rule = "r1" }, Decision("b"), Decision("a") with { Rule = "r2" }], None);

        var first = await Store.ListAsync(new DecisionFilter { Site = "a", Limit = 1 }, None);
        Assert.Equal("r2", Assert.Single(first).Rule);
        Assert.Equal("r1", Assert.Single(await Store.ListAsync(new DecisionFilter { Site = "a", Before = first[0].Id }, None)).Rule);
    }

    [Fact]
    public async Task What_is_over_is_not_in_force()
    {
        await Store.AppendAsync([Decision("a") with { Until = At.AddMinutes(1) }, Decision("b") with { Until = At.AddMinutes(3) }], None);

        Assert.Equal("b", Assert.Single(await Store.ListAsync(new DecisionFilter { ActiveAt = At.AddMinutes(1) }, None)).Site);
    }

    [Fact]
    public async Task An_end_counts_once()
    {
        await Store.AppendAsync([Decision("a")], None);
        var id = (await Store.ListAsync(new DecisionFilter(), None))[0].Id;

        var ended = await Store.EndAsync(id, At.AddMinutes(1), None);
        Assert.Equal((At.AddMinutes(1), "a"), (ended!.EndedAt!.Value, ended.Site));
        Assert.Null(await Store.EndAsync(id, At.AddMinutes(2), None));
        Assert.Null(await Store.EndAsync(id + 1, At.AddMinutes(2), None));
        Assert.Empty(await Store.ListAsync(new DecisionFilter { ActiveAt = At.AddMinutes(2) }, None));
    }

    [Fact]
    public async Task What_is_over_makes_room_and_what_is_in_force_stays()
    {
        await Store.AppendAsync([Decision("stays") with { Until = At.AddDays(9) }, Decision("goes") with { Until = At }], None);
        await Store.AppendAsync([.. Enumerable.Repeat(Decision("new"), IShapingDecisionStore.MaxDecisions)], None);

        Assert.Empty(await Store.ListAsync(new DecisionFilter { Site = "goes" }, None));
        Assert.Single(await Store.ListAsync(new DecisionFilter { Site = "stays" }, None));
    }

    private static ShapingDecision Decision(string site) => new()
    {
        Act = ShapingAct.Limited,
        At = At,
        Until = At.AddHours(1),
        Site = site,
        Rule = "google/unusual-rate",
        Reason = "421 4.7.28 too fast",
    };
}
