using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Reports of success and delay, and outcomes nobody knows.</summary>
public sealed class ReportedOutcomeTests
{
    private static readonly Route Remote = DeliveryKit.MxRoute("example.com", FakePeers.Host("mx1.example.com"));

    private readonly DeliveryKit _kit = new();

    [Theory]
    [InlineData(DsnNotify.Success, false, true)]
    [InlineData(DsnNotify.Success | DsnNotify.Failure, false, true)]
    [InlineData(DsnNotify.Success, true, false)]
    [InlineData(DsnNotify.Unspecified, false, false)]
    [InlineData(DsnNotify.Failure | DsnNotify.Delay, false, false)]
    [InlineData(DsnNotify.Never, false, false)]
    public async Task Success_is_reported_as_relayed_where_asked_and_the_peer_will_not(DsnNotify notify, bool peerOffersDsn, bool expected)
    {
        _kit.Peers.Extensions = new PeerExtensions { Dsn = peerOffersDsn };
        var settlement = await DeliverAsync(_kit.Task(["a@example.com"], recipient: r => r with { Notify = notify }), Remote);

        Assert.Equal(RecipientState.Delivered, settlement.Recipients[0].State);
        Assert.Equal(expected, settlement.Reports.Count == 1);
        if (expected)
        {
            var recipient = Assert.Single(Assert.Single(_kit.Reports).Recipients);
            Assert.Equal((DeliveryAction.Relayed, 2), (recipient.Action, recipient.Status.Class));
            Assert.False(_kit.Reports[0].IsWhole);
        }
    }

    [Fact]
    public async Task Where_there_is_no_next_host_it_is_delivered()
    {
        var route = new Route { Kind = RouteKind.Simulator, Site = Site.Local("@simulator"), Origin = "test" };
        var task = _kit.Task(["delivered@simulator.relay.test"], recipient: r => r with { Notify = DsnNotify.Success });
        await _kit.Recorder.RecordAsync(_kit.Job(task, route), _kit.QueueFor(route).Path, await new LocalDelivery(new FakeReportReceiver(), new FakeReceivedMailHook(), _kit.Clock).RunAsync(_kit.Job(task, route), default), default);

        Assert.Equal(DeliveryAction.Delivered, Assert.Single(Assert.Single(_kit.Reports).Recipients).Action);
    }

    [Theory]
    [InlineData(HookVerdict.Taken, null, RecipientState.Delivered, 0)]
    [InlineData(HookVerdict.Taken, 7L, RecipientState.Delivered, 1)]
    [InlineData(HookVerdict.Later, null, RecipientState.Expired, 0)]
    [InlineData(HookVerdict.Later, 7L, RecipientState.Expired, 1)]
    [InlineData(HookVerdict.Gone, 7L, RecipientState.Held, 0)]
    public async Task Of_received_mail_only_our_own_senders_are_told(HookVerdict verdict, long? login, RecipientState state, int reports)
    {
        var route = await _kit.Routes.ResolveAsync("@received:in.example", default);
        var task = _kit.Task(
            ["box@in.example"],
            message: m => m with { CredentialId = login, ExpiresAt = _kit.Clock.Now.AddSeconds(1) },
            recipient: r => r with { Notify = DsnNotify.Success | DsnNotify.Failure });
        var hook = new FakeReceivedMailHook { Answer = new HookAnswer(verdict, "the webhook at a.example answered") { Host = "a.example" } };
        _kit.Clock.Advance(TimeSpan.FromSeconds(2));

        var result = await new LocalDelivery(new FakeReportReceiver(), hook, _kit.Clock).RunAsync(_kit.Job(task, route), default);
        await _kit.Recorder.RecordAsync(_kit.Job(task, route), _kit.QueueFor(route).Path, result, default);

        Assert.Equal((RouteKind.Received, "inbound.\"in.example\""), (route.Kind, route.Origin));
        Assert.Same(task, Assert.Single(hook.Received));
        var settled = Assert.Single(_kit.Store.Settled[^1].Recipients);
        Assert.Equal((state, "a.example"), (settled.State, settled.Event.RemoteHost));
        Assert.Equal(reports, _kit.Reports.Count);
    }

    [Fact]
    public async Task Recipients_deferred_together_come_again_together()
    {
        _kit.Peers.Answer("mx1.example.com", (_, t) => FakePeers.All(t, SmtpReply.Of(451, "4.3.0", "later"), TransactionStep.Recipient));

        var settlement = await DeliverAsync(_kit.Task(["a@example.com", "b@example.com", "c@example.com"]), Remote);

        Assert.Single(settlement.Recipients.Select(recipient => recipient.NextAttempt).Distinct());
    }

    [Fact]
    public async Task A_rest_that_a_webhook_asks_for_is_kept()
    {
        var route = await _kit.Routes.ResolveAsync("@received:in.example", default);
        var hook = new FakeReceivedMailHook { Answer = new HookAnswer(HookVerdict.Later, "busy") { RetryAfter = TimeSpan.FromMinutes(9) } };

        var result = await new LocalDelivery(new FakeReportReceiver(), hook, _kit.Clock).RunAsync(_kit.Job(_kit.Task(["box@in.example"]), route), default);

        var outcome = Assert.Single(result.Outcomes).Outcome;
        Assert.Equal((OutcomeKind.Deferred, BounceClass.System, FaultSide.Destination, _kit.Clock.Now.AddMinutes(9)), (outcome.Kind, outcome.Class, outcome.Fault, outcome.RetryAt));
    }

    [Fact]
    public async Task A_null_reverse_path_is_told_nothing()
    {
        var settlement = await DeliverAsync(_kit.Task(["a@example.com"], sender: null, recipient: r => r with { Notify = DsnNotify.Success }), Remote);

        Assert.Empty(settlement.Reports);
    }

    [Theory]
    [InlineData(DsnNotify.Unspecified, 4, true)]
    [InlineData(DsnNotify.Delay, 5, true)]
    [InlineData(DsnNotify.Unspecified, 3, false)]
    [InlineData(DsnNotify.Failure, 5, false)]
    [InlineData(DsnNotify.Never, 5, false)]
    public async Task A_delay_is_told_from_its_time_on(DsnNotify notify, int hours, bool expected)
    {
        var settlement = await DeferAsync(hours, r => r with { Notify = notify });

        Assert.Equal(RecipientState.Deferred, settlement.Recipients[0].State);
        Assert.Equal((expected, expected), (settlement.Recipients[0].IsDelayReported, settlement.Reports.Count == 1));
        if (expected)
        {
            var recipient = Assert.Single(Assert.Single(_kit.Reports).Recipients);
            Assert.Equal((DeliveryAction.Delayed, 4), (recipient.Action, recipient.Status.Class));
            Assert.NotNull(recipient.WillRetryUntil);
        }
    }

    [Fact]
    public async Task A_delay_is_told_once()
    {
        var settlement = await DeferAsync(9, r => r with { IsDelayReported = true });

        Assert.Empty(settlement.Reports);
    }

    [Fact]
    public async Task Without_a_time_no_delay_is_told()
    {
        var kit = new DeliveryKit(new DeliveryOptions { Hostname = "relay.example.org", Reports = new ReportOptions { DelayWarning = TimeSpan.Zero } });
        kit.Peers.Answer("mx1.example.com", (_, t) => FakePeers.All(t, SmtpReply.Of(451, "4.3.0", "later"), TransactionStep.Recipient));

        var settlement = await DeliverAsync(kit, kit.Task(["a@example.com"], message: m => m with { AcceptedAt = kit.Clock.Now.AddDays(-2) }), Remote);

        Assert.Empty(settlement.Reports);
    }

    [Fact]
    public async Task Mail_scheduled_for_later_is_late_only_behind_that_time()
    {
        _kit.Peers.Answer("mx1.example.com", (_, t) => FakePeers.All(t, SmtpReply.Of(451, "4.3.0", "later"), TransactionStep.Recipient));
        var task = _kit.Task(["a@example.com"], message: m => m with { AcceptedAt = _kit.Clock.Now.AddDays(-2), NotBefore = _kit.Clock.Now.AddHours(-1) });

        Assert.Empty((await DeliverAsync(task, Remote)).Reports);
    }

    [Theory]
    [InlineData(UnknownOutcome.Retry, RecipientState.Deferred, DeliveryEventKind.Deferred)]
    [InlineData(UnknownOutcome.Hold, RecipientState.Held, DeliveryEventKind.Held)]
    public async Task What_nobody_knows_is_tried_again_or_held_and_told_apart(UnknownOutcome handling, RecipientState state, DeliveryEventKind kind)
    {
        var kit = new DeliveryKit(new DeliveryOptions { Hostname = "relay.example.org", OnUnknown = handling });
        kit.Peers.Answer("mx1.example.com", (_, t) => FakePeers.All(t, null, TransactionStep.FinalDot, isUsable: false, mayBeAccepted: true));

        var settlement = await DeliverAsync(kit, kit.Task(["a@example.com"]), Remote);

        var recipient = Assert.Single(settlement.Recipients);
        Assert.Equal((state, kind, "unknown", handling == UnknownOutcome.Retry), (recipient.State, recipient.Event.Kind, recipient.Event.Class, recipient.NextAttempt is not null));
    }

    private Task<Settlement> DeferAsync(int hours, Func<QueuedRecipient, QueuedRecipient> recipient)
    {
        _kit.Peers.Answer("mx1.example.com", (_, t) => FakePeers.All(t, SmtpReply.Of(451, "4.3.0", "later"), TransactionStep.Recipient));
        return DeliverAsync(_kit.Task(["a@example.com"], message: m => m with { AcceptedAt = _kit.Clock.Now.AddHours(-hours) }, recipient: recipient), Remote);
    }

    private Task<Settlement> DeliverAsync(DeliveryTask task, Route route) => DeliverAsync(_kit, task, route);

    private static async Task<Settlement> DeliverAsync(DeliveryKit kit, DeliveryTask task, Route route)
    {
        await kit.Recorder.RecordAsync(kit.Job(task, route), kit.QueueFor(route).Path, await kit.AttemptAsync(task, route), CancellationToken.None);
        return Assert.Single(kit.Store.Settled);
    }
}
