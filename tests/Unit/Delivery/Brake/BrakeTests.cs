using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>The abuse brake over a real store, in virtual time.</summary>
public sealed class BrakeTests : IAsyncLifetime
{
    private readonly IntakeKit _kit = new();
    private readonly MemoryAuditStore _audit = new();
    private readonly OneMeter _meter = new();
    private readonly TemporaryStores _stores;
    private Brakes _brakes = null!;
    private BrakeObserver _observer = null!;
    private BrakeOptions _options = new() { MinOutcomes = 20, UnknownStreak = 12, MinVolume = 30, NewNetworks = 3 };
    private long _sequence;

    public BrakeTests() => _stores = new TemporaryStores(_kit.Time);

    public async Task InitializeAsync()
    {
        await _stores.OpenAsync();
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        _meter.Dispose();
        await _stores.DeleteAsync();
    }

    [Fact]
    public async Task A_list_of_dead_addresses_brakes_the_login_and_not_the_account()
    {
        var message = await MessageAsync(credential: 7);
        for (var i = 0; i < 6; i++)
        {
            await TellAsync(message, DeliveryEventKind.Delivered, DeliveryEventKind.Delivered, DeliveryEventKind.Delivered, DeliveryEventKind.Bounced);
        }

        var brake = Assert.Single(_brakes.Active());
        Assert.Equal(("bounces", BrakeScope.Credential, "7"), (brake.Rule, brake.Party.Scope, brake.Party.Name));
        Assert.Equal("5 of 20 recipients of a day do not exist", brake.Reason);
        Assert.Contains(await _audit.ListAsync(null, 10, CancellationToken.None), entry => entry is { Action: "brake.set", Actor: "system" });

        await TellAsync(await MessageAsync(credential: 8), [.. Enumerable.Repeat(DeliveryEventKind.Delivered, 5)]);
        Assert.Equal(brake, Assert.Single(_brakes.Active()));
    }

    [Fact]
    public async Task Guessed_names_brake_and_one_delivered_between_does_not()
    {
        var message = await MessageAsync();
        _options = _options with { MinOutcomes = 1000 };
        await StartAsync();
        for (var i = 0; i < 11; i++)
        {
            await TellAsync(message, DeliveryEventKind.Bounced);
        }

        await TellAsync(message, DeliveryEventKind.Delivered);
        await TellAsync(message, [.. Enumerable.Repeat(DeliveryEventKind.Bounced, 11)]);
        Assert.Empty(_brakes.Active());

        await TellAsync(message, DeliveryEventKind.Bounced);
        Assert.Equal("unknown-users", Assert.Single(_brakes.Active()).Rule);
    }

    [Fact]
    public async Task Complaints_brake_by_their_share_and_a_few_do_not()
    {
        var message = await MessageAsync();
        await TellAsync(message, [.. Enumerable.Repeat(DeliveryEventKind.Delivered, 1000), .. Enumerable.Repeat(DeliveryEventKind.Complained, 4)]);
        Assert.Empty(_brakes.Active());

        await TellAsync(message, DeliveryEventKind.Complained);
        Assert.Equal("complaints", Assert.Single(_brakes.Active()).Rule);
    }

    [Fact]
    public async Task Sudden_volume_is_measured_by_the_party_s_own_history()
    {
        var message = await MessageAsync();
        await TellAsync(message, [.. Enumerable.Repeat(DeliveryEventKind.Accepted, 500)]);
        Assert.Empty(_brakes.Active());

        _kit.Time.Advance(TimeSpan.FromHours(30));
        await TellAsync(message, [.. Enumerable.Repeat(DeliveryEventKind.Accepted, 500)]);
        Assert.Empty(_brakes.Active());

        var other = await MessageAsync(credential: 9, stream: MailStream.Broadcast);
        await TellAsync(other, DeliveryEventKind.Accepted, DeliveryEventKind.Accepted);
        _kit.Time.Advance(TimeSpan.FromHours(30));
        await TellAsync(other, [.. Enumerable.Repeat(DeliveryEventKind.Accepted, 31)]);
        var brake = Assert.Single(_brakes.Active());
        Assert.Equal(("volume", "credential 9 of account 1"), (brake.Rule, brake.Party.ToString()));
    }

    [Fact]
    public async Task A_login_used_from_many_new_networks_is_braked_but_not_in_its_first_day()
    {
        await FromAsync("192.0.2.1", "198.51.100.1", "203.0.113.1");
        Assert.Empty(_brakes.Active());

        _kit.Time.Advance(TimeSpan.FromHours(30));
        await FromAsync("192.0.2.9", "198.51.100.9", "10.1.1.1", "10.1.1.2", "10.2.1.1");
        Assert.Empty(_brakes.Active());

        await FromAsync("10.3.1.1");
        Assert.Equal("new-networks", Assert.Single(_brakes.Active()).Rule);
    }

    [Fact]
    public async Task A_normal_sender_is_never_braked()
    {
        _options = new BrakeOptions();
        await StartAsync();
        var message = await MessageAsync(credential: 7);
        var random = new Random(7);
        for (var hour = 0; hour < 10 * 24; hour++)
        {
            // Nights are quiet, a newsletter goes once a week, 2 % are dead, one in 2,000 complains.
            var sent = hour % 168 == 30 ? 900 : hour % 24 < 7 ? 2 : 60 + random.Next(60);
            await TellAsync(message,
            [
                .. Enumerable.Repeat(DeliveryEventKind.Accepted, sent),
                .. Enumerable.Range(0, sent).Select(i => i % 50 == 49 ? DeliveryEventKind.Bounced : DeliveryEventKind.Delivered),
                .. random.Next(2000) < sent ? (DeliveryEventKind[])[DeliveryEventKind.Complained] : [],
            ]);
            _kit.Time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Empty(_brakes.Active());
    }

    [Fact]
    public async Task Counts_and_brakes_survive_a_restart_and_nothing_counts_twice()
    {
        var message = await MessageAsync(credential: 7);
        await TellAsync(message, [.. Enumerable.Repeat(DeliveryEventKind.Bounced, 11)]);
        Assert.Empty(_brakes.Active());

        await _stores.ReopenAsync();
        await StartAsync();
        Assert.Equal(_sequence, await _observer.CursorAsync(CancellationToken.None));
        await TellAsync(message, DeliveryEventKind.Bounced);
        var brake = Assert.Single(_brakes.Active());
        Assert.Equal("12 recipients in a row do not exist", brake.Reason);

        await _stores.ReopenAsync();
        await StartAsync();
        Assert.Equal(brake, Assert.Single(_brakes.Active()));
        Assert.Equal(brake.Id, _brakes.LastId);
    }

    [Fact]
    public async Task Mail_of_the_braked_is_held_at_the_door_until_one_command_lets_it_go()
    {
        await TripAsync(7);
        _kit.Make(new IntakeOptions { Hostname = IntakeKit.Hostname }, _brakes);
        var held = await MessageAsync(credential: 7);
        var free = await MessageAsync(credential: 8);
        var waiting = (await _kit.Store.FindAsync(held.Id, CancellationToken.None))!.Recipients[0];
        Assert.Equal(RecipientState.Held, waiting.State);
        Assert.StartsWith("brake 1: credential 7 of account 1, 12 recipients in a row do not exist; 'relay brake release 1'", waiting.LastReply, StringComparison.Ordinal);
        Assert.Equal(RecipientState.Ready, (await _kit.Store.FindAsync(free.Id, CancellationToken.None))!.Recipients[0].State);

        Assert.Equal(1, await _brakes.ReleaseAsync(1, new AuditActor("ada"), CancellationToken.None));
        Assert.Equal(RecipientState.Ready, (await _kit.Store.FindAsync(held.Id, CancellationToken.None))!.Recipients[0].State);
        Assert.Empty(_brakes.Active());
        Assert.Contains(await _audit.ListAsync(null, 10, CancellationToken.None), entry => entry is { Action: "brake.release", Actor: "ada" });
        Assert.Null(await _brakes.ReleaseAsync(2, new AuditActor("ada"), CancellationToken.None));
        Assert.Equal(0, await _brakes.ReleaseAsync(1, new AuditActor("ada"), CancellationToken.None));
    }

    [Fact]
    public async Task Queued_mail_of_the_braked_is_held_before_it_goes()
    {
        await TripAsync(7);
        var gates = new HoldGates([_brakes]);
        var delivery = new DeliveryKit();
        var job = delivery.Job(delivery.Task(["bob@example.net"], message: m => m with { CredentialId = 7 }, recipient: r => r with { Attempts = 3 }), DeliveryKit.MxRoute("example.net"));
        Assert.Equal("brake", Assert.Single(await gates.CheckAsync(job, [], CancellationToken.None)).Outcome.Class);
        var other = delivery.Job(delivery.Task(["bob@example.net"], message: m => m with { CredentialId = 8 }), DeliveryKit.MxRoute("example.net"));
        Assert.Empty(await gates.CheckAsync(other, [], CancellationToken.None));
    }

    [Fact]
    public async Task Where_it_is_chosen_the_door_refuses_for_now()
    {
        _options = _options with { Mode = BrakeMode.Reject };
        await StartAsync();
        await TripAsync(7);
        _kit.Make(new IntakeOptions { Hostname = IntakeKit.Hostname }, _brakes);
        var refused = await _kit.AcceptAsync(IntakeKit.Plain, IntakeKit.Submission("bob@example.net") with { CredentialId = 7 });
        Assert.StartsWith("450 4.7.1 mail of credential 7 of account 1 is kept back: ", refused.Refusal!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_forgiven_does_not_brake_again_by_itself()
    {
        var message = await TripAsync(7);
        await _brakes.ReleaseAsync(1, new AuditActor("ada"), CancellationToken.None);
        await TellAsync(message, DeliveryEventKind.Bounced, DeliveryEventKind.Accepted, DeliveryEventKind.Delivered);
        Assert.Empty(_brakes.Active());

        await TellAsync(message, [.. Enumerable.Repeat(DeliveryEventKind.Bounced, 12)]);
        Assert.Equal(2, Assert.Single(_brakes.Active()).Id);
    }

    [Fact]
    public async Task Exercises_with_the_simulator_and_faults_of_others_do_not_count()
    {
        var message = await MessageAsync();
        await ObserveAsync([.. Enumerable.Range(0, 50).Select(_ => Event(message, DeliveryEventKind.Bounced) with { Recipient = "bounce@simulator.relay.test" })]);
        await ObserveAsync([.. Enumerable.Range(0, 50).Select(_ => Event(message, DeliveryEventKind.Bounced) with { Fault = FaultSide.Reputation })]);
        Assert.Empty(_brakes.Active());
    }

    [Fact]
    public async Task Shows_how_many_are_braked_by_each_rule()
    {
        Assert.Equal(["bounces 0", "complaints 0", "new-networks 0", "unknown-users 0", "volume 0"], Measure());

        await TripAsync(7);
        Assert.Equal(["bounces 0", "complaints 0", "new-networks 0", "unknown-users 1", "volume 0"], Measure());

        await _brakes.ReleaseAsync(1, AuditActor.Cli, CancellationToken.None);
        Assert.Contains("unknown-users 0", Measure());
    }

    private List<string> Measure()
    {
        var measured = new List<string>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, all) => Listen(instrument, all) };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => measured.Add($"{tags[0].Value} {value}"));
        listener.Start();
        listener.RecordObservableInstruments();
        measured.Sort(StringComparer.Ordinal);
        return measured;
    }

    private void Listen(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter == _meter.Made && instrument.Name == "relay.delivery.brakes")
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }

    private async Task StartAsync()
    {
        var store = _stores.Stores.Brakes;
        _brakes = new Brakes(_options, store, _kit.Store, _audit, new DeliveryMetrics(_meter), _kit.Time);
        await _brakes.LoadAsync(CancellationToken.None);
        _observer = new BrakeObserver(_options, _brakes, store, _kit.Store, _audit, NullLogger<BrakeObserver>.Instance, _kit.Time);
    }

    [Fact]
    public async Task A_campaign_is_no_sudden_volume()
    {
        var usual = await MessageAsync(credential: 7);
        for (var hour = 0; hour < 30; hour++)
        {
            await TellAsync(usual, DeliveryEventKind.Accepted);
            _kit.Time.Advance(TimeSpan.FromHours(1));
        }

        var campaign = await MessageAsync(stream: MailStream.Broadcast, door: Door.Http);
        await TellAsync(campaign, [.. Enumerable.Repeat(DeliveryEventKind.Accepted, 500)]);
        Assert.Empty(_brakes.Active());

        await TellAsync(usual, [.. Enumerable.Repeat(DeliveryEventKind.Accepted, 500)]);
        Assert.Equal("volume", Assert.Single(_brakes.Active()).Rule);
    }

    private async Task<QueuedMessage> TripAsync(long credential)
    {
        var message = await MessageAsync(credential);
        await TellAsync(message, [.. Enumerable.Repeat(DeliveryEventKind.Bounced, 12)]);
        Assert.Single(_brakes.Active());
        return message;
    }

    private async Task FromAsync(params string[] addresses)
    {
        foreach (var address in addresses)
        {
            await TellAsync(await MessageAsync(credential: 7, client: address), DeliveryEventKind.Accepted);
        }
    }

    private async Task<QueuedMessage> MessageAsync(
        long? credential = null, MailStream stream = MailStream.Transactional, string client = "192.0.2.7", Door door = Door.Smtp)
    {
        var submission = IntakeKit.Submission("bob@example.net") with { CredentialId = credential, Stream = stream, Door = door };
        return (await _kit.FindAsync(await _kit.AcceptAsync(IntakeKit.Plain, submission with { Trace = submission.Trace! with { ClientAddress = IPAddress.Parse(client) } }))).Message;
    }

    private Task TellAsync(QueuedMessage message, params DeliveryEventKind[] kinds) => ObserveAsync([.. kinds.Select(kind => Event(message, kind))]);

    private DeliveryEvent Event(QueuedMessage message, DeliveryEventKind kind) => new()
    {
        Kind = kind,
        At = _kit.Time.GetUtcNow(),
        AccountId = 1,
        MessageId = message.Id,
        Recipient = kind == DeliveryEventKind.Accepted ? null : "bob@example.net",
        IsHard = kind == DeliveryEventKind.Bounced ? true : null,
        Fault = kind == DeliveryEventKind.Bounced ? FaultSide.Recipient : FaultSide.None,
    };

    private Task ObserveAsync(IReadOnlyList<DeliveryEvent> events) =>
        _observer.ObserveAsync([.. events.Select(e => e with { Sequence = ++_sequence })], CancellationToken.None).AsTask();

    /// <summary>The last meter made: tests run beside each other, and instruments are known to all of the process.</summary>
    private sealed class OneMeter : IMeterFactory
    {
        public Meter? Made { get; private set; }

        public Meter Create(MeterOptions options) => Made = new Meter(options);

        public void Dispose() => Made?.Dispose();
    }
}
