using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DeliveryServiceTests
{
    [Fact]
    public async Task What_waits_at_the_start_is_delivered()
    {
        var kit = KitFor("example.com", "example.net");
        kit.Store.Add("example.com", Enumerable.Range(0, 250).Select(_ => kit.Task(["a@example.com"])));
        kit.Store.Add("example.net", kit.Task(["a@example.net"]));
        using var service = kit.NewService();

        await service.StartAsync(CancellationToken.None);
        await kit.Store.EndedAsync(251);
        await service.StopAsync(CancellationToken.None);

        Assert.All(kit.Store.Settled, s => Assert.Equal(RecipientState.Delivered, s.Recipients[0].State));
    }

    [Fact]
    public async Task A_signalled_key_is_taken_up_without_a_poll()
    {
        var kit = KitFor("example.com");
        using var service = kit.NewService();
        await service.StartAsync(CancellationToken.None);

        kit.Store.Add("example.com", kit.Task(["a@example.com"]));
        kit.Store.Signal("example.com", kit.Clock.Now);
        await kit.Store.EndedAsync(1);
        await service.StopAsync(CancellationToken.None);

        Assert.Single(kit.Store.Settled);
    }

    [Fact]
    public async Task Unknown_trouble_ends_no_loop()
    {
        var kit = KitFor("example.com");
        kit.Store.ScanTrouble = new InvalidOperationException("as asked");
        kit.Store.Add("example.com", kit.Task(["a@example.com"]));
        using var service = kit.NewService();
        await service.StartAsync(CancellationToken.None);

        var delivered = kit.Store.EndedAsync(1);
        while (!delivered.IsCompleted)
        {
            kit.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await delivered;
        await service.StopAsync(CancellationToken.None);
        Assert.Single(kit.Store.Settled);
    }

    [Fact]
    public async Task A_key_with_a_hundred_thousand_recipients_does_not_delay_another()
    {
        var kit = KitFor("slow.test", "quick.test");
        var hanging = new TaskCompletionSource();
        kit.Peers.Connect("mx.slow.test", () => new HangingSession(kit.Peers, hanging.Task));
        kit.Store.Add("slow.test", Enumerable.Repeat(kit.Task(["a@slow.test"]), 100_000));
        kit.Store.Add("quick.test", Enumerable.Range(0, 200).Select(_ => kit.Task(["a@quick.test"])));
        using var service = kit.NewService();

        await service.StartAsync(CancellationToken.None);
        await kit.Store.EndedAsync(200);

        Assert.All(kit.Store.Settled, s => Assert.Equal("quick.test", s.Recipients[0].Event.Recipient!.Split('@')[1]));
        Assert.InRange(service.Snapshot().WindowTasks, 1, 600);
        hanging.SetCanceled();
        await service.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_domain_that_does_not_exist_bounces_without_a_connection()
    {
        var kit = new DeliveryKit();
        kit.Store.Add("nowhere.test", kit.Task(["a@nowhere.test"]));
        using var service = kit.NewService();

        await service.StartAsync(CancellationToken.None);
        await kit.Store.EndedAsync(1);
        await service.StopAsync(CancellationToken.None);

        var told = kit.Store.Settled[0].Recipients[0].Event;
        Assert.Equal((DeliveryEventKind.Bounced, "5.1.2", "bad-domain"), (told.Kind, told.EnhancedCode, told.Class));
        Assert.Empty(kit.Peers.Dialled);
    }

    [Theory]
    [InlineData("delivered", RecipientState.Delivered)]
    [InlineData("delivered+7", RecipientState.Delivered)]
    [InlineData("bounce", RecipientState.Bounced)]
    [InlineData("defer", RecipientState.Deferred)]
    [InlineData("anything", RecipientState.Bounced)]
    public async Task The_simulator_answers_by_local_part(string localPart, RecipientState expected)
    {
        var kit = new DeliveryKit();
        kit.Store.Add("simulator.relay.test", kit.Task([localPart + "@simulator.relay.test"]));
        using var service = kit.NewService();

        await service.StartAsync(CancellationToken.None);
        await kit.Store.EndedAsync(1);
        await service.StopAsync(CancellationToken.None);

        Assert.Equal(expected, kit.Store.Settled[0].Recipients[0].State);
    }

    [Fact]
    public async Task Discarded_mail_says_so()
    {
        var kit = new DeliveryKit(new DeliveryOptions
        {
            Hostname = "relay.example.org",
            Routes = new Dictionary<string, RouteOptions> { ["*"] = new() { Kind = RouteKind.Discard } },
        });
        kit.Store.Add("example.com", kit.Task(["a@example.com"]));
        using var service = kit.NewService();

        await service.StartAsync(CancellationToken.None);
        await kit.Store.EndedAsync(1);
        await service.StopAsync(CancellationToken.None);

        Assert.Equal(("discarded by route", DeliveryEventKind.Delivered), (kit.Store.Settled[0].Recipients[0].Event.Text, kit.Store.Settled[0].Recipients[0].Event.Kind));
    }

    [Fact]
    public async Task Slow_simulated_mail_takes_ten_seconds_by_the_clock()
    {
        var kit = new DeliveryKit();
        var task = kit.Task(["slow@simulator.relay.test"]);
        var route = await kit.Routes.ResolveAsync("simulator.relay.test", CancellationToken.None);
        var running = new LocalDelivery(new FakeReportReceiver(), new FakeReceivedMailHook(), kit.Clock).RunAsync(kit.Job(task, route), CancellationToken.None).AsTask();

        kit.Clock.Advance(TimeSpan.FromSeconds(9));
        Assert.False(running.IsCompleted);
        kit.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(OutcomeKind.Delivered, (await running.WaitAsync(TimeSpan.FromSeconds(30))).Outcomes[0].Outcome.Kind);
    }

    [Fact]
    public async Task Stop_lets_transactions_finish_and_gives_back_what_waits()
    {
        var kit = KitFor("example.com");
        var gate = new TaskCompletionSource();
        kit.Peers.Gate = gate.Task;
        kit.Store.Add("example.com", Enumerable.Range(0, 20).Select(_ => kit.Task(["a@example.com"])));
        using var service = kit.NewService();
        await service.StartAsync(CancellationToken.None);
        await UntilAsync(() => service.Snapshot() is { Sites: [{ QueueLength: 15, BusyConnections: 5 }] });

        var stopping = service.StopAsync(CancellationToken.None);
        await kit.Store.EndedAsync(15);
        Assert.Equal(15, kit.Store.Returned.Count);
        gate.SetResult();
        await stopping.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(5, kit.Store.Settled.Count);
    }

    [Fact]
    public async Task A_stop_whose_grace_is_over_cuts_and_gives_back()
    {
        var kit = KitFor("example.com");
        kit.Peers.Gate = new TaskCompletionSource().Task;
        kit.Store.Add("example.com", kit.Task(["a@example.com"]));
        using var service = kit.NewService();
        await service.StartAsync(CancellationToken.None);
        await UntilAsync(() => service.Snapshot().BusyConnections == 1);

        var stopping = service.StopAsync(CancellationToken.None);
        var returned = kit.Store.EndedAsync(1);
        while (!returned.IsCompleted)
        {
            kit.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await returned;
        await stopping.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Empty(kit.Store.Settled);
        Assert.Null(Assert.Single(kit.Store.Returned).NotBefore);
    }

    [Fact]
    public async Task Mail_whose_time_is_over_is_given_up_while_its_site_is_suspended()
    {
        var kit = KitFor("example.com");
        kit.Peers.Connect("mx.example.com", () => throw new DialException("connection refused", isTimeout: false));
        kit.Store.Add("example.com", Enumerable.Range(0, 5).Select(_ => kit.Task(["a@example.com"])));
        using var service = kit.NewService();
        await service.StartAsync(CancellationToken.None);
        await UntilAsync(() => service.Snapshot() is { Sites: [{ Suspension: not null }] });
        await kit.Store.EndedAsync(5);

        kit.Store.Add("example.com", kit.Task(["late@example.com"], message: m => m with { ExpiresAt = kit.Clock.Now }), kit.Task(["b@example.com"]), kit.Task(["c@example.com"]));
        kit.Clock.Advance(TimeSpan.FromMinutes(1));
        kit.Store.Signal("example.com", kit.Clock.Now);
        await kit.Store.EndedAsync(8);
        await service.StopAsync(CancellationToken.None);

        Assert.Contains(kit.Store.Settled, s => s.Recipients[0].Event is { Kind: DeliveryEventKind.Expired, Recipient: "late@example.com" });
        Assert.Contains(kit.Store.Returned, r => r.Task.Recipients[0].Address.LocalPart == "c");
    }

    [Fact]
    public void Three_unrelated_sites_that_time_out_look_like_a_blocked_port()
    {
        var monitor = new OutboundMonitor(NullLogger<OutboundMonitor>.Instance);
        monitor.TimedOut("a.test", 25);
        monitor.TimedOut("a.test", 25);
        monitor.TimedOut("b.test", 25);
        Assert.False(monitor.Health.IsPortBlocked);

        monitor.TimedOut("c.test", 25);
        Assert.True(monitor.Health.IsPortBlocked);

        monitor.Connected();
        Assert.False(monitor.Health.IsPortBlocked);
    }

    private static DeliveryKit KitFor(params string[] domains)
    {
        var kit = new DeliveryKit();
        foreach (var domain in domains)
        {
            kit.Zone.Mx(domain, (10, "mx." + domain)).Address("mx." + domain, "192.0.2.1");
        }

        return kit;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class HangingSession(FakePeers peers, Task until) : IPeerSession
    {
        private readonly FakePeerSession _inner = new(peers, "mx.slow.test");

        public Relay.Smtp.Client.PeerExtensions Extensions => _inner.Extensions;

        public Relay.Smtp.TlsInfo? Tls => null;

        public TlsSessionResult CertificateTrouble => TlsSessionResult.Success;

        public string Conversation => string.Empty;

        public ValueTask GreetAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask SecureAsync(TlsDemand demand, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask AuthenticateAsync(RouteLogin login, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public async ValueTask<Relay.Smtp.Client.TransactionResult> SendAsync(Relay.Smtp.Client.ClientTransaction transaction, CancellationToken cancellationToken)
        {
            await until.WaitAsync(cancellationToken);
            throw new InvalidOperationException("not reached: the wait ends by cancellation");
        }

        public ValueTask QuitAsync() => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
