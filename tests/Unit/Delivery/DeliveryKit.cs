using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Dkim;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>The delivery engine with fakes at its seams: store, zone, peers, keys, reports.</summary>
internal sealed class DeliveryKit : IDkimKeySource, ISpool, IReportComposer, IReportDoor
{
    private IPathControl? _control;
    private long _nextId = 1;

    public MemorySuppressionStore Suppressions { get; } = new();

    public FixedBounceHosts BounceHosts { get; } = new();

    public FakeReportReceiver ReportReceiver { get; } = new();

    public FakeReceivedMailHook Hook { get; } = new();

    public DeliveryKit(DeliveryOptions? options = null)
    {
        Options = options ?? new DeliveryOptions { Hostname = "relay.example.org" };
        Returns = new SiteReturns(Options, Clock);
        Metrics = new DeliveryMetrics(new TestMeters());
        Background = new BackgroundTasks(NullLogger.Instance);
        Families = new FamilyMemory(Clock);
        Rules = new RouteRules(Options);
        Tokens = new AccessTokens(TokenEndpoint, Clock);
        Routes = new RouteResolver(Options, new MxResolver(Zone, Allow, new OwnHost(Options, Local), Options.Ipv6), Rules, Clock);
        Sources = new SourceMonitor(Local, Metrics, NullLogger<SourceMonitor>.Instance, Clock);
        EgressPools = new EgressPools(Options, Sources);
        Dispatcher = new Dispatcher(Options, Routes, EgressPools, Clock);
        Pool = new ConnectionPool(Options, Background, Clock);
        Monitor = new OutboundMonitor(NullLogger<OutboundMonitor>.Instance);
        TlsSessions = new TlsSessions(TlsReports, NullLogger<TlsSessions>.Instance, Clock);
        Opener = new ConnectionOpener(Peers, new DaneLookup(Zone), Monitor, Families, Sources, Tokens, TlsSessions, Metrics, new Random(1));
        Signer = new MessageSigner(this, Options, Metrics, NullLogger<MessageSigner>.Instance, Clock);
        Policies = new MtaStsPolicies(Zone, PolicyHosts, PolicyStore, TlsSessions, Metrics, NullLogger<MtaStsPolicies>.Instance, Clock);
        Handoffs = new Handoffs(Journal, Options, NullLogger<Handoffs>.Instance);
        Attempt = new DeliveryAttempt(Options, Pool, Opener, Signer, new TlsPolicyResolver(Policies, new DaneLookup(Zone), Options), new ReturnPaths(BounceHosts, new ReturnPathCodec(new FixedTokenKeys()), Options), this, Dispatcher, Families, Sources, Handoffs, Clock);
        Bounces = new BounceWriter(Options, this, this, this, NullLogger<BounceWriter>.Instance, Clock);
        Recorder = new OutcomeRecorder(Options, Store, Bounces, Metrics, NullLogger<OutcomeRecorder>.Instance, Clock, new Random(1));
        Returner = new LeaseReturner(Store, NullLogger<LeaseReturner>.Instance);
        Worker = new DeliveryWorker(Dispatcher, Attempt, new LocalDelivery(ReportReceiver, Hook, Clock), new SuppressionGate(Suppressions), new HoldGates([]), Recorder, new SimulatedReactions(Outbox, Background, Clock), Returner, Shaping, Handoffs, Metrics, NullLogger<DeliveryWorker>.Instance, Clock);
    }

    public VirtualClock Clock { get; } = new();

    public DeliveryOptions Options { get; }

    public FakeZone Zone { get; } = new();

    public FakePeers Peers { get; } = new();

    public MemoryQueueStore Outbox { get; } = new(TimeProvider.System);

    /// <summary>The addresses of "this machine".</summary>
    public FakeLocalAddresses Local { get; } = new();

    public FamilyMemory Families { get; }

    public RouteRules Rules { get; }

    public FakeTokenEndpoint TokenEndpoint { get; } = new();

    public AccessTokens Tokens { get; }

    public SourceMonitor Sources { get; }

    public EgressPools EgressPools { get; }

    public FakeQueueStore Store { get; } = new();

    public DeliveryMetrics Metrics { get; }

    public BackgroundTasks Background { get; }

    public RouteResolver Routes { get; }

    public Dispatcher Dispatcher { get; }

    public IPathControl Control => _control ??= new PathControl(Dispatcher, Clock);

    public ConnectionPool Pool { get; }

    public OutboundMonitor Monitor { get; }

    public ConnectionOpener Opener { get; }

    public MessageSigner Signer { get; }

    public MtaStsPolicies Policies { get; }

    public FakePolicyHosts PolicyHosts { get; } = new();

    public MemoryMtaStsStore PolicyStore { get; } = new();

    public MemoryTlsReportStore TlsReports { get; } = new();

    public TlsSessions TlsSessions { get; }

    public MemoryHandoffJournal Journal { get; } = new();

    public Handoffs Handoffs { get; }

    public DeliveryAttempt Attempt { get; }

    public BounceWriter Bounces { get; }

    public OutcomeRecorder Recorder { get; }

    public LeaseReturner Returner { get; }

    public DeliveryWorker Worker { get; }

    public MemoryOperatorSuspensions OperatorSuspensions { get; } = new();

    public SuspensionControl NewSuspensions() => new(Dispatcher, OperatorSuspensions, Clock);

    public MemoryBudgetStore Budgets { get; } = new();

    public RecordingShaping Shaping { get; } = new();

    public SiteReturns Returns { get; }

    public Exception? KeyTrouble { get; set; }

    public IReadOnlyList<DkimKey> Keys { get; set; } = [];

    public List<BounceReport> Reports { get; } = [];

    public List<Submission> Submissions { get; } = [];

    public IntakeResult? RefuseReports { get; set; }

    public DownPathFinder NewFinder() => new(Returns, Routes, EgressPools, Dispatcher, Background, NullLogger<DownPathFinder>.Instance);

    public SiteProber NewProber() => new(Dispatcher, Opener, Pool, Returns, NewFinder(), Background, NullLogger<SiteProber>.Instance, Clock);

    public ReverseNameService NewReverseNames(Relay.Dns.IDnsResolver dns) =>
        new(EgressPools, Allow, new ReverseNameCheck(dns), NullLogger<ReverseNameService>.Instance, Clock);

    public HandoffRecovery NewRecovery() => new(Journal, Recorder, Metrics, NullLogger<HandoffRecovery>.Instance, Clock);

    public DeliveryService NewService()
    {
        var lanes = new DueLanes(50_000, Clock);
        var lookups = new RouteLookups(Routes, lanes, Background, NullLogger<RouteLookups>.Instance, Clock);
        var visitor = new LaneVisitor(Store, Routes, Dispatcher, Recorder, Returner, lanes, lookups, NullLogger<LaneVisitor>.Instance, Clock);
        return new DeliveryService(
            Options, Store, Dispatcher, Worker, visitor, lanes, Returner, NewRecovery(), Pool, Background, Monitor,
            new SourceReport(EgressPools, Sources, NewReverseNames(Zone)),
            new BudgetKeeper(Dispatcher, Budgets, NullLogger<BudgetKeeper>.Instance, Clock), NewSuspensions(), NullLogger<DeliveryService>.Instance, Clock);
    }

    /// <summary>A task for the given recipients with small content in memory.</summary>
    public DeliveryTask Task(
        IReadOnlyList<string> recipients,
        string? sender = "sender@example.org",
        Func<QueuedMessage, QueuedMessage>? message = null,
        Func<QueuedRecipient, QueuedRecipient>? recipient = null,
        string content = "From: a@example.org\r\nSubject: test\r\n\r\nHello\r\n",
        VariantSignature? signature = null)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var id = QueueId.New(Clock.Now);
        var number = Interlocked.Increment(ref _nextId);
        var queued = new QueuedMessage
        {
            Id = id,
            Door = Door.Smtp,
            AcceptedAt = Clock.Now,
            ExpiresAt = Clock.Now + TimeSpan.FromDays(5),
            ReversePath = sender is null ? ReversePath.Null : new ReversePath(Mailbox.Parse(sender)),
            SizeBytes = bytes.Length,
            FromDomain = "example.org",
        };
        return new DeliveryTask
        {
            Lease = new LeaseToken(1, number),
            Message = message?.Invoke(queued) ?? queued,
            Variant = new Variant
            {
                Id = number,
                Content = new ContentReference(number, bytes.Length, content.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4, null),
                Prefix = Encoding.ASCII.GetBytes("Received: by relay.example.org\r\n"),
                Signature = signature,
            },
            QueueKey = Mailbox.Parse(recipients[0]).DomainText,
            Recipients = recipients.Select(r => NewRecipient(r, id, number, recipient)).ToList(),
            Content = bytes,
        };
    }

    public static Route MxRoute(string site, params RouteHost[] hosts) => MxRoute(site, new SiteOptions(), hosts);

    public static Route MxRoute(string site, SiteOptions options, params RouteHost[] hosts) => new()
    {
        Kind = RouteKind.Mx,
        Site = new Site(site, SiteLimits.Resolve([new SiteLimits.Level("test", options)], new Limit<int>(25, "test"), new Limit<string?>(null, "test"))),
        Hosts = hosts,
        Origin = "test",
    };

    public SiteQueue QueueFor(Route route)
    {
        var path = new EgressPath(route.Site, EgressSource.SystemChosen(Options.Hostname));
        return new SiteQueue(path, route.IsRemote, Options.Suspension, null, Dispatcher.Throttles.OfPath(path, Clock.Now));
    }

    public DeliveryJob Job(DeliveryTask task, Route route) => new(task, route, Clock.Now, task.Content?.Length ?? 0);

    public ValueTask<AttemptResult> AttemptAsync(DeliveryTask task, Route route) =>
        Attempt.RunAsync(Job(task, route), QueueFor(route), CancellationToken.None);

    ValueTask<IReadOnlyList<DkimKey>> IDkimKeySource.FindActiveAsync(DomainName domain, CancellationToken cancellationToken) =>
        KeyTrouble is null ? ValueTask.FromResult(Keys) : throw KeyTrouble;

    IContentWriter ISpool.Begin() => throw new NotSupportedException();

    ValueTask<Stream> ISpool.OpenAsync(ContentReference content, CancellationToken cancellationToken) => throw new SpoolException("the file is gone");

    ValueTask ISpool.DeleteFileAsync(string fileName, CancellationToken cancellationToken) => throw new NotSupportedException();

    ValueTask<int> ISpool.SweepAsync(Func<string, ValueTask<bool>> isReferenced, CancellationToken cancellationToken) => throw new NotSupportedException();

    StoreHealth ISpool.Health => StoreHealth.Healthy;

    async ValueTask IReportComposer.ComposeAsync(BounceReport report, Stream output)
    {
        Reports.Add(report);
        await output.WriteAsync("Subject: report\r\n\r\n"u8.ToArray());
    }

    async ValueTask<IntakeResult> IReportDoor.AcceptAsync(ReadOnlyMemory<byte> content, Submission submission, CommitStep commit)
    {
        Submissions.Add(submission);
        if (RefuseReports is { } refusal)
        {
            return refusal;
        }

        var message = Task(["x@example.com"], sender: null).Message;
        await commit([new MessageDraft
        {
            Message = message,
            Content = new SpooledContent { SizeBytes = content.Length, HeaderBytes = content.Length, Inline = content },
            Variants = [new VariantDraft
            {
                Prefix = ReadOnlyMemory<byte>.Empty,
                Recipients = [new RecipientDraft
                {
                    Address = submission.Envelope.Recipients[0].Mailbox,
                    QueueKey = submission.Envelope.Recipients[0].Mailbox.DomainText,
                    State = RecipientState.Leased,
                    NextAttempt = Clock.Now,
                }],
            }],
            Events = [],
        }]);
        return new IntakeResult { Id = message.Id };
    }

    internal sealed class RecordingShaping : IShapingObserver
    {
        public AttemptResult Judge(EgressPath path, AttemptResult result) => result;

        public List<(EgressPath Path, AttemptResult Result)> Observed { get; } = [];

        public void Observe(EgressPath path, AttemptResult result)
        {
            lock (Observed)
            {
                Observed.Add((path, result));
            }
        }
    }

    internal sealed class TestMeters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
            // Meters live as long as the test process.
        }
    }

    private static bool Allow(System.Net.IPAddress address, out string reason)
    {
        reason = "private";
        return !address.ToString().StartsWith("10.", StringComparison.Ordinal);
    }

    private QueuedRecipient NewRecipient(string address, QueueId id, long variant, Func<QueuedRecipient, QueuedRecipient>? change)
    {
        var mailbox = Mailbox.Parse(address);
        var recipient = new QueuedRecipient
        {
            Id = Interlocked.Increment(ref _nextId),
            MessageId = id,
            VariantId = variant,
            Address = mailbox,
            QueueKey = mailbox.DomainText,
            State = RecipientState.Leased,
        };
        return change?.Invoke(recipient) ?? recipient;
    }
}
