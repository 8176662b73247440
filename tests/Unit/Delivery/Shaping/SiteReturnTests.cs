using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SiteReturnTests
{
    private readonly DeliveryKit _kit = new();
    private readonly PathKey _path = new("back.test", "default");

    [Fact]
    public async Task A_dead_site_is_asked_by_one_connection_each_interval_until_it_answers()
    {
        var (queue, prober) = await SuspendedAsync();
        _kit.Returns.Failed(queue.Path.Key, ["back.test"], isSuspended: true);

        for (var minute = 1; minute <= 3; minute++)
        {
            _kit.Clock.Advance(TimeSpan.FromSeconds(59));
            await ProbeAsync(prober);
            Assert.Equal(minute - 1, _kit.Peers.Dialled.Count);
            _kit.Clock.Advance(TimeSpan.FromSeconds(1));
            await ProbeAsync(prober);
            await ProbeAsync(prober);
            Assert.Equal(minute, _kit.Peers.Dialled.Count);
            Assert.True(_kit.Control.IsDown(queue.Path.Key));
        }

        _kit.Peers.Refuse = static _ => null;
        _kit.Clock.Advance(TimeSpan.FromSeconds(60));
        await ProbeAsync(prober);

        Assert.False(_kit.Control.IsDown(queue.Path.Key));
        var (path, keys) = _kit.Returns.TakeNext()!.Value;
        Assert.Equal((queue.Path.Key, "back.test"), (path, Assert.Single(keys)));
        Assert.Empty(_kit.Peers.Transactions);
    }

    [Fact]
    public async Task A_dead_site_nobody_writes_to_is_left_alone()
    {
        var (_, prober) = await SuspendedAsync();
        _kit.Clock.Advance(TimeSpan.FromMinutes(5));
        await ProbeAsync(prober);

        Assert.Empty(_kit.Peers.Dialled);
    }

    [Fact]
    public async Task Its_mail_is_brought_forward_in_pieces()
    {
        _kit.Store.Deferred["a.test"] = 1200;
        _kit.Store.Deferred["b.test"] = 10;
        var service = Answered((_path, ["a.test", "b.test"]));

        Assert.True(await service.MoveRoundAsync(CancellationToken.None));
        Assert.Equal([("a.test", 500)], _kit.Store.BroughtForward);
        Assert.True(await service.MoveRoundAsync(CancellationToken.None));
        Assert.False(await service.MoveRoundAsync(CancellationToken.None));
        Assert.Equal([("a.test", 500), ("a.test", 500), ("a.test", 200), ("b.test", 10)], _kit.Store.BroughtForward);
    }

    [Fact]
    public async Task A_site_does_not_wait_for_the_backlog_of_another_that_came_back_before_it()
    {
        _kit.Store.Deferred["large.test"] = 100_000;
        _kit.Store.Deferred["small.test"] = 3;
        var service = Answered((_path, ["large.test"]), (new PathKey("small.test", "default"), ["small.test"]));

        Assert.True(await service.MoveRoundAsync(CancellationToken.None));

        Assert.Equal([("large.test", 500), ("small.test", 3)], _kit.Store.BroughtForward);
    }

    [Fact]
    public async Task The_service_moves_a_piece_of_each_in_a_second()
    {
        _kit.Store.Deferred["large.test"] = 10_000_000;
        _kit.Store.Deferred["late.test"] = 3;
        var service = Answered((_path, ["large.test"]));
        await service.StartAsync(CancellationToken.None);
        await Poll.UntilAsync("the first piece", () => _kit.Store.BroughtForward.Count == 1);
        Answer(new PathKey("late.test", "default"), ["late.test"]);

        await Poll.UntilAsync("mail of the site that came later", () =>
        {
            _kit.Clock.Advance(TimeSpan.FromMilliseconds(100));
            return _kit.Store.BroughtForward.Contains(("late.test", 3));
        });

        await service.StopAsync(CancellationToken.None);
        Assert.True(_kit.Store.Deferred["large.test"] > 0);
    }

    [Fact]
    public async Task What_is_left_waits_when_it_goes_down_again()
    {
        var (queue, _) = await SuspendedAsync();
        _kit.Store.Deferred["a.test"] = 10;

        Assert.False(await Answered((queue.Path.Key, ["a.test"])).MoveRoundAsync(CancellationToken.None));
        Assert.Empty(_kit.Store.BroughtForward);
        Assert.True(_kit.Returns.HasMailFor(queue.Path.Key));
    }

    [Fact]
    public void One_lost_connection_among_many_makes_nothing_due()
    {
        _kit.Returns.Failed(_path, ["a.test"], isSuspended: false);
        _kit.Returns.Answered(_path);

        Assert.False(_kit.Returns.HasMailFor(_path));
        Assert.Null(_kit.Returns.TakeNext());
    }

    [Fact]
    public void Nobody_asks_for_mail_that_has_been_given_up()
    {
        _kit.Returns.Failed(_path, ["a.test"], isSuspended: true);
        _kit.Clock.Advance(TimeSpan.FromDays(6));

        Assert.False(_kit.Returns.HasMailFor(_path));
    }

    private ReturnService Answered(params (PathKey Path, string[] Keys)[] paths)
    {
        foreach (var (path, keys) in paths)
        {
            Answer(path, keys);
        }

        return new ReturnService(_kit.Returns, _kit.Control, _kit.Store, new DecisionLog(_kit.Metrics), NullLogger<ReturnService>.Instance, _kit.Clock);
    }

    private void Answer(PathKey path, string[] keys)
    {
        _kit.Returns.Failed(path, keys, isSuspended: true);
        _kit.Returns.Answered(path);
    }

    private async Task ProbeAsync(SiteProber prober)
    {
        prober.ProbeDue(CancellationToken.None);
        await _kit.Background.WhenIdleAsync();
    }

    /// <summary>A path that has failed often enough, with nothing under way.</summary>
    private async Task<(SiteQueue Queue, SiteProber Prober)> SuspendedAsync()
    {
        _kit.Zone.Mx("back.test", (10, "mx.back.test")).Address("mx.back.test", "192.0.2.7");
        _kit.Peers.Refuse = static _ => new DialException("connection refused", isTimeout: false);
        var route = await _kit.Routes.ResolveAsync("back.test", CancellationToken.None);
        _kit.Dispatcher.Start((_, _) => { }, (_, _) => { });
        var plan = _kit.Dispatcher.PlanLease(QueueLane.Of("back.test"), route, 1)!;
        _kit.Dispatcher.Complete(plan, []);
        for (var i = 0; i < _kit.Options.Suspension.Failures; i++)
        {
            plan.Queue.Reserve(1, []);
            _kit.Dispatcher.ProbeEnded(plan.Queue, SiteFeedback.Failure("connection refused", null));
        }

        Assert.True(_kit.Control.IsDown(plan.Queue.Path.Key));
        return (plan.Queue, _kit.NewProber());
    }
}
