using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>A site that was dead when the program ended is known to the next one.</summary>
public sealed class DownPathTests
{
    private static readonly PathKey Path = new("back.test", "default");

    private readonly MemoryDownPathStore _store = new();

    [Fact]
    public async Task It_is_probed_by_the_next_process_and_its_mail_is_due_when_it_answers()
    {
        await EndedAsync(kit => kit.Returns.Failed(Path, ["back.test", "also.test"], isSuspended: true));
        var kit = await StartedAsync();
        kit.Peers.Refuse = static _ => new DialException("connection refused", isTimeout: false);

        await LookAndProbeAsync(kit);
        Assert.Single(kit.Peers.Dialled);
        Assert.True(kit.Control.IsDown(Path));
        Assert.True(kit.Returns.HasMailFor(Path));

        kit.Peers.Refuse = static _ => null;
        kit.Clock.Advance(TimeSpan.FromMinutes(1));
        await LookAndProbeAsync(kit);

        Assert.False(kit.Control.IsDown(Path));
        var (path, keys) = kit.Returns.TakeNext()!.Value;
        Assert.Equal((Path, "also.test back.test"), (path, string.Join(' ', keys.Order(StringComparer.Ordinal))));
        Assert.Empty(kit.Peers.Transactions);
    }

    [Fact]
    public async Task Keys_noted_before_the_path_was_suspended_are_kept_with_those_that_came_later()
    {
        await EndedAsync(kit =>
        {
            kit.Returns.Failed(Path, ["a.test"], isSuspended: false);
            kit.Returns.Failed(Path, ["b.test"], isSuspended: true);
            kit.Returns.Failed(Path, ["c.test"], isSuspended: true);
        });

        Assert.Equal(["a.test", "b.test", "c.test"], await KeptAsync());
    }

    [Fact]
    public async Task A_path_that_was_never_suspended_is_not_kept()
    {
        await EndedAsync(kit => kit.Returns.Failed(Path, ["a.test"], isSuspended: false));

        Assert.Empty(await KeptAsync());
    }

    [Fact]
    public async Task It_is_kept_until_all_of_its_mail_is_due()
    {
        var kit = new DeliveryKit();
        kit.Returns.Failed(Path, ["a.test"], isSuspended: true);
        kit.Returns.Answered(Path);
        kit.Store.Deferred["a.test"] = ReturnService.PieceSize + 1;
        var service = new ReturnService(kit.Returns, kit.Control, kit.Store, new DecisionLog(kit.Metrics), NullLogger<ReturnService>.Instance, kit.Clock);

        Assert.True(await service.MoveRoundAsync(CancellationToken.None));
        await KeeperOf(kit).SaveAsync();
        Assert.Equal(["a.test"], await KeptAsync());

        Assert.False(await service.MoveRoundAsync(CancellationToken.None));
        await KeeperOf(kit).SaveAsync();
        Assert.Empty(await KeptAsync());
    }

    [Fact]
    public async Task A_domain_that_has_moved_meanwhile_leaves_its_mail_to_the_schedule()
    {
        await EndedAsync(kit => kit.Returns.Failed(Path, ["moved.test"], isSuspended: true));
        var kit = await StartedAsync();
        kit.Zone.Mx("moved.test", (10, "mx.elsewhere.test")).Address("mx.elsewhere.test", "192.0.2.9");

        await LookAndProbeAsync(kit);
        await KeeperOf(kit).SaveAsync();

        Assert.Empty(kit.Peers.Dialled);
        Assert.Empty(await KeptAsync());
    }

    [Fact]
    public async Task While_no_name_server_answers_it_is_looked_for_again_each_minute()
    {
        await EndedAsync(kit => kit.Returns.Failed(Path, ["slow.test"], isSuspended: true));
        var kit = await StartedAsync();
        kit.Zone.MxFails("slow.test", DnsStatus.ServerFailure);
        await LookAndProbeAsync(kit);
        Assert.Empty(kit.Peers.Dialled);

        kit.Zone.Mx("slow.test", (10, "mx.back.test"));
        await LookAndProbeAsync(kit);
        Assert.Empty(kit.Peers.Dialled);
        kit.Clock.Advance(TimeSpan.FromMinutes(1));
        await LookAndProbeAsync(kit);

        Assert.Single(kit.Peers.Dialled);
    }

    [Fact]
    public async Task Mail_that_has_been_given_up_is_not_asked_for()
    {
        await EndedAsync(kit => kit.Returns.Failed(Path, ["back.test"], isSuspended: true));
        var kit = new DeliveryKit();
        kit.Clock.Advance(kit.Options.Retry.ExpireAfter + TimeSpan.FromMinutes(1));
        await KeeperOf(kit).LoadAsync(CancellationToken.None);

        Assert.False(kit.Returns.HasMailFor(Path));
    }

    private SiteReturnKeeper KeeperOf(DeliveryKit kit) => new(kit.Returns, _store, kit.Options, NullLogger<SiteReturnKeeper>.Instance, kit.Clock);

    private async Task<IEnumerable<string>> KeptAsync() => (await _store.LoadAsync(100, CancellationToken.None)).Select(key => key.QueueKey);

    private async Task EndedAsync(Action<DeliveryKit> life)
    {
        var kit = new DeliveryKit();
        life(kit);
        await KeeperOf(kit).SaveAsync();
    }

    private async Task<DeliveryKit> StartedAsync()
    {
        var kit = new DeliveryKit();
        kit.Zone.Mx("back.test", (10, "mx.back.test")).Address("mx.back.test", "192.0.2.7");
        await KeeperOf(kit).LoadAsync(CancellationToken.None);
        kit.Dispatcher.Start((_, _) => { }, (_, _) => { });
        return kit;
    }

    private static async Task LookAndProbeAsync(DeliveryKit kit)
    {
        kit.NewFinder().LookDue(CancellationToken.None);
        await kit.Background.WhenIdleAsync();
        kit.NewProber().ProbeDue(CancellationToken.None);
        await kit.Background.WhenIdleAsync();
    }
}
