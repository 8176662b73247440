using Relay.Delivery;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SuspensionControlTests
{
    private readonly List<(SiteQueue Queue, DeliveryJob Job)> _started = [];
    private readonly QueueFlow _flow = new(7, "shop", MailStream.Broadcast, "spring");

    [Theory]
    [InlineData(LimitScope.Account, "7")]
    [InlineData(LimitScope.User, "shop")]
    [InlineData(LimitScope.Stream, "broadcast")]
    [InlineData(LimitScope.Tag, "spring")]
    [InlineData(LimitScope.Domain, "example.com")]
    [InlineData(LimitScope.Site, "Example.com")]
    [InlineData(LimitScope.Source, "default")]
    public async Task Mail_waits_uncounted_and_goes_when_the_suspension_ends(LimitScope scope, string name)
    {
        var (kit, route) = await StartedAsync();
        Lease(kit, route, 20);
        var started = _started.Count;
        var control = kit.NewSuspensions();

        var added = await control.AddAsync(Of(kit, scope, name), CancellationToken.None);

        Assert.Equal(20 - started, kit.Dispatcher.TakeReturns().Count);
        Assert.Null(kit.Dispatcher.PlanLease(new QueueLane("example.com", _flow), route, 1));
        Assert.False(kit.Dispatcher.TryReserve("example.com", _flow, 1));
        Assert.Equal(added, Assert.Single(control.Active()));
        Assert.Equal(added, await control.EndAsync(added.Id, CancellationToken.None));
        Assert.Null(await control.EndAsync(added.Id, CancellationToken.None));
        Assert.NotNull(kit.Dispatcher.PlanLease(new QueueLane("example.com", _flow), route, 1));
    }

    [Fact]
    public async Task Others_are_not_concerned()
    {
        var (kit, route) = await StartedAsync();
        await kit.NewSuspensions().AddAsync(Of(kit, LimitScope.Tag, "spring"), CancellationToken.None);

        Assert.NotNull(kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route, 1));
    }

    [Fact]
    public async Task It_ends_by_the_clock_and_is_kept_over_a_restart()
    {
        var (kit, route) = await StartedAsync();
        await kit.OperatorSuspensions.AddAsync(Of(kit, LimitScope.Account, "7") with { Until = kit.Clock.Now.AddHours(1) }, CancellationToken.None);
        await kit.NewSuspensions().LoadAsync(CancellationToken.None);
        Assert.Null(kit.Dispatcher.PlanLease(new QueueLane("example.com", _flow), route, 1));

        kit.Clock.Advance(TimeSpan.FromHours(1));

        Assert.NotNull(kit.Dispatcher.PlanLease(new QueueLane("example.com", _flow), route, 1));
        Assert.Empty(kit.NewSuspensions().Active());
    }

    [Fact]
    public async Task What_was_leased_meanwhile_goes_back()
    {
        var (kit, route) = await StartedAsync();
        var plan = kit.Dispatcher.PlanLease(new QueueLane("example.com", _flow), route, 1)!;
        await kit.NewSuspensions().AddAsync(Of(kit, LimitScope.Tag, "spring"), CancellationToken.None);

        kit.Dispatcher.Complete(plan, [Task(kit)]);

        Assert.Empty(_started);
        Assert.Single(kit.Dispatcher.TakeReturns());
    }

    private static OperatorSuspension Of(DeliveryKit kit, LimitScope scope, string name) =>
        new() { Scope = scope, Name = name, Reason = "because", Actor = "ann", Since = kit.Clock.Now };

    private static DeliveryTask Task(DeliveryKit kit) =>
        kit.Task(["a@example.com"], message: m => m with { AccountId = 7, User = "shop", Stream = MailStream.Broadcast, Tags = ["spring"] });

    private async Task<(DeliveryKit Kit, Route Route)> StartedAsync()
    {
        var kit = new DeliveryKit();
        kit.Zone.Mx("example.com", (10, "mx.example.com")).Address("mx.example.com", "192.0.2.1");
        kit.Dispatcher.Start((queue, job) => _started.Add((queue, job)), (_, _) => { });
        return (kit, await kit.Routes.ResolveAsync("example.com", CancellationToken.None));
    }

    private void Lease(DeliveryKit kit, Route route, int count)
    {
        var plan = kit.Dispatcher.PlanLease(new QueueLane("example.com", _flow), route, count)!;
        kit.Dispatcher.Complete(plan, [.. Enumerable.Range(0, count).Select(_ => Task(kit))]);
    }
}
