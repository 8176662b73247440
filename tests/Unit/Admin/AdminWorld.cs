using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Admin;
using Relay.Delivery;
using Relay.Dkim;
using Relay.Dns;
using Relay.Platform;
using Relay.Platform.Campaigns;
using Relay.Platform.Domains;
using Relay.Platform.Jobs;
using Relay.Platform.Privacy;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>The admin API over memory stores, reached without a socket.</summary>
internal sealed class AdminWorld : IAsyncDisposable, IServerStatus, IDeliveryStatus, IRouteExplainer, ITokenFile, IEventStore, IDkimKeyLookup, IBackup, IConfigurationControl, IDomainChecker, IBrakes, IPausedCampaigns
{
    private readonly WebApplication _application;
    private readonly Dictionary<string, string> _tokens = [];

    public AdminWorld()
    {
        Queue = new MemoryQueueStore(Time);
        Spool = new FaultySpool(Queue);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        var services = builder.Services;
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton<IQueueStore>(Queue);
        services.AddSingleton<ISpool>(Spool);
        services.AddSingleton<IQueueAges>(Queue);
        services.AddSingleton<IFinishedMail>(Queue);
        services.AddSingleton<IImmediateDispatch>(new RecordingDispatch());
        services.AddSingleton(new IntakeOptions { Hostname = "relay.example.com" });
        services.AddSingleton<MessageIntake>();
        services.AddSingleton<IDkimKeyLookup>(this);
        services.AddSingleton<IBackup>(this);
        services.AddSingleton<IPausedCampaigns>(this);
        services.AddSingleton<IConfigurationControl>(this);
        services.AddSingleton<IEventStore>(this);
        services.AddSingleton<ISuppressionStore>(Suppressions);
        services.AddSingleton<IAggregateReportStore>(new MemoryAggregateReportStore());
        services.AddSingleton<ICredentialStore>(Credentials);
        var dkimKeys = new MemoryDkimKeyStore();
        services.AddSingleton<IDkimKeyStore>(dkimKeys);
        services.AddSingleton<IDomainStore>(new MemoryDomainStore(dkimKeys));
        services.AddSingleton<IAccountStore>(new MemoryAccountStore());
        services.AddSingleton<IZoneResolver>(Zone);
        services.AddSingleton<Relay.Platform.Webhooks.IWebhookPublisher>(new CollectingPublisher());
        services.AddSingleton(new PlatformOptions { Hostname = "relay.example.com", PublicUrl = new Uri("https://track.example.net") });
        services.AddSingleton<IAuditStore>(Audit);
        services.AddSingleton<IServerStatus>(this);
        services.AddSingleton<IDeliveryStatus>(this);
        services.AddSingleton<IRouteExplainer>(this);
        services.AddSingleton<IShapingControl>(Shaping);
        var delivery = new DeliveryKit(new DeliveryOptions
        {
            Hostname = "relay.example.com",
            Routes = new Dictionary<string, Relay.Delivery.RouteOptions> { ["office"] = new() { Kind = RouteKind.Capture } },
        });
        services.AddSingleton(delivery.Options);
        services.AddSingleton<IOperatorSuspensions>(delivery.NewSuspensions());
        services.AddSingleton<IDeliveryExplainer>(
            new DeliveryExplainer(Queue, this, delivery.Routes, this, delivery.Dispatcher, delivery.EgressPools, delivery.Options, Time));
        services.AddSingleton<IWarmupStatus>(new WarmupGate(new DeliveryOptions { Hostname = "relay.example.com" }, Time));
        services.AddSingleton<IDomainChecker>(this);
        services.AddSingleton<IBrakes>(this);
        services.AddSingleton(new ComplianceOptions());
        services.AddSingleton<ITokenFile>(this);
        services.AddSingleton(KeyRing.Parse(KeyRing.CreateText()));
        services.AddSingleton(new DkimRotationOptions());
        services.AddSenders();
        services.AddSingleton(new AdviceWorld { Zone = Zone, Time = Time }.NewAdvisor());
        services.AddDomains();
        services.AddSingleton<IJobStore>(new MemoryJobStore());
        services.AddSingleton(new JobFiles(Path.Combine(Path.GetTempPath(), "relay-admin-no-exports")));
        services.AddSingleton<JobSignals>();
        services.AddSingleton<JobService>();
        services.AddSingleton<AddressHasher>();
        services.AddSingleton<PrivacyService>();
        services.AddAdmin();
        _application = builder.Build();
        _application.MapAdmin();
    }

    public ManualTimeProvider Time { get; } = new();

    public StoredShaping Shaping { get; } = new();

    public MemoryQueueStore Queue { get; }

    public FaultySpool Spool { get; }

    public MemorySuppressionStore Suppressions { get; } = new();

    public MemoryCredentialStore Credentials { get; } = new();

    public ZoneTable Zone { get; } = new();

    public List<Brake> BrakesInForce { get; } = [];

    public IReadOnlyList<Brake> Active() => BrakesInForce;

    public Task LoadAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask<int?> ReleaseAsync(long id, AuditActor actor, CancellationToken cancellationToken) =>
        ValueTask.FromResult<int?>(BrakesInForce.RemoveAll(brake => brake.Id == id) > 0 ? 3 : null);

    /// <summary>What is found wrong with any domain.</summary>
    public List<ComplianceFinding> DomainFindings { get; } = [];

    public ValueTask<DomainFacts> CheckAsync(DomainQuestion question, bool isFresh, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new DomainFacts(question.From, question.Envelope, Time.GetUtcNow(), DomainFindings, ["ptr: not known"], ["dmarc: there is one"]));

    public MemoryAuditStore Audit { get; } = new();

    /// <summary>Why the only egress source rests; null: it does not.</summary>
    public string? Resting { get; set; }

    public List<PausedCampaign> PausedCampaigns { get; } = [];

    public List<EventFilter> EventFilters { get; } = [];

    public string Version => "0.0.0-test";

    public string Hostname => "relay.example.com";

    public bool IsServing => true;

    public bool IsSandbox => false;

    public DateTimeOffset StartedAt => Time.GetUtcNow().AddHours(-1);

    public IReadOnlyList<ListenerStatus> Listeners => [new("submission", "127.0.0.1:2525", "starttls", "required", "required except from 127.0.0.0/8", 3)];

    public IReadOnlyList<string> Warnings => ["a warning"];

    public IReadOnlyList<SettingStatus> Settings => [new("queue.window", "7", "relay.toml:3")];

    public string? File => "/etc/relay/relay.toml";

    string IConfigurationControl.Version => ConfigurationVersion;

    public string ConfigurationVersion { get; private set; } = "v1";

    /// <summary>With any, the configuration on disk is refused.</summary>
    public List<string> Faults { get; } = [];

    public ConfigurationCheck Check(string? candidate, string? name) =>
        new(Faults.Count == 0, Faults, [], [new SettingChange("log.level", "\"information\"", "\"debug\"", NeedsRestart: false)]);

    public Task<ConfigurationCheck> ReloadAsync(AuditActor actor, CancellationToken cancellationToken)
    {
        ConfigurationVersion = Faults.Count == 0 ? "v2" : ConfigurationVersion;
        return Task.FromResult(Check(null, null));
    }

    public IReadOnlyList<ConfigurationRevision> History() => [new ConfigurationRevision(1, Time.GetUtcNow(), "start", "v1")];

    public ConfigurationCheck? Compare(int revision) => revision == 1 ? Check(null, null) : null;

    public string? Refusal => Faults.Count == 0 ? null : string.Join("; ", Faults);

    /// <summary>What looks for alerts.</summary>
    public AlertConditions Conditions() => ActivatorUtilities.CreateInstance<AlertConditions>(_application.Services, (Func<AlertOptions>)(() => Alerts), Zone);

    public AlertOptions Alerts { get; set; } = new() { Hostname = "relay.example.com", From = Relay.Mail.Mailbox.Parse("relay@example.com") };

    public IDomainStore Domains => _application.Services.GetRequiredService<IDomainStore>();

    public async Task<ConfigurationCheck?> RollBackAsync(int revision, AuditActor actor, CancellationToken cancellationToken) =>
        revision == 1 ? await ReloadAsync(actor, cancellationToken) : null;

    public Task<BackupReport> CreateAsync(string folder, bool withKeys, Action<string, int>? progress, CancellationToken cancellationToken) =>
        Task.FromResult(new BackupReport(folder, Time.GetUtcNow(), Version, withKeys, 0, 0, 1, 1, 0.1));

    public DiskStatus Disk => new("/data", 5_000_000_000, 10_000_000_000, 100_000_000, 200_000_000);

    public IReadOnlyList<DoorStatus> Doors => [new("api", "127.0.0.1:8080", false, "http://127.0.0.1:8080/")];

    public DateTimeOffset? CertificateExpires { get; set; }

    public string TokenFile => "/nowhere/admin.token";

    public static async Task<AdminWorld> StartAsync()
    {
        var world = new AdminWorld();
        foreach (var role in new[] { "view", "operate", "admin" })
        {
            world._tokens[role] = ApiKeys.GenerateAdminToken();
            await world.Credentials.AddAsync(
                new Credential
                {
                    Kind = CredentialKind.AdminToken,
                    Name = role + "-token",
                    Verifier = ApiKeys.Hash(world._tokens[role]),
                    Scopes = role,
                    CreatedAt = world.Time.GetUtcNow(),
                },
                CancellationToken.None);
        }

        await world._application.StartAsync();
        return world;
    }

    /// <summary>What is mapped and meant to be described: <c>GET /path</c>, sorted.</summary>
    public IEnumerable<string> Routes() =>
        _application.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null && !endpoint.RoutePattern.RawText!.Contains("openapi.json", StringComparison.Ordinal))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {Regex.Replace(endpoint.RoutePattern.RawText!, ":[a-z]+}", "}")}"))
            .Order(StringComparer.Ordinal);

    /// <param name="token">view, operate, admin; any other text is sent as it is; null sends none.</param>
    public async Task<HttpResponseMessage> SendAsync(string method, string path, string? body = null, string? token = "admin", string? ifMatch = null, string mediaType = "application/json")
    {
        using var client = _application.GetTestClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _tokens.GetValueOrDefault(token, token));
        }

        if (ifMatch is not null)
        {
            request.Headers.Add("If-Match", ifMatch);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, mediaType);
        }

        return await client.SendAsync(request);
    }

    /// <summary>Opens an event stream; the caller reads what it needs and disposes it.</summary>
    public async Task<HttpResponseMessage> OpenStreamAsync(string path, string? lastEventId)
    {
        using var client = _application.GetTestClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _tokens["view"]);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async Task<JsonElement> GetAsync(string path, string token = "view")
    {
        using var response = await SendAsync("GET", path, token: token);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Enqueues a message; content as <see cref="Drafts"/> makes it.</summary>
    public async Task<QueueId> EnqueueAsync(params IReadOnlyList<string> recipients)
    {
        var draft = Drafts.Message(Time.GetUtcNow(), recipients);
        await Queue.EnqueueAsync([draft]);
        return draft.Message.Id;
    }

    public DeliveryStatus Snapshot() => new()
    {
        At = Time.GetUtcNow(),
        WindowTasks = 1,
        MaxWindowTasks = 10,
        WindowBytes = 1,
        MaxWindowBytes = 10,
        BusyConnections = 0,
        MaxConnections = 5,
        Outbound = new OutboundHealth(false, 25, [], true),
        Sites = [],
        Sources = [new SourceStatus("a", ["192.0.2.9"], "a.example.com", Resting, null, [new ReverseNameFinding("192.0.2.9", "a.example.com", null)])],
    };

    public RouteQuestion? Asked { get; private set; }

    public ValueTask<RouteExplanation> ExplainAsync(RouteQuestion question, CancellationToken cancellationToken)
    {
        Asked = question;
        return ValueTask.FromResult(new RouteExplanation
        {
            QueueKey = question.Recipient.DomainText,
            Rules = [new RuleExplanation("first", "there was no login")],
            Kind = RouteKind.Smarthost,
            Decision = "route.\"*\"",
            Site = "smtp.example.com:587",
            Hosts = [new HostExplanation("smtp.example.com", 1, 3, 587, null, [new AddressExplanation("192.0.2.1", null)])],
            DialOrder = ["smtp.example.com [192.0.2.1] port 587"],
            Sources = [],
            Limits = [],
        });
    }

    public ValueTask<IReadOnlyList<PausedCampaign>> PausedAsync(int limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<PausedCampaign>>([.. PausedCampaigns.Take(limit)]);

    public ValueTask<string> RotateAsync(AuditActor actor, CancellationToken cancellationToken) => ValueTask.FromResult(TokenFile);

    public ValueTask<IReadOnlyList<DeliveryEvent>> ListAsync(EventFilter filter, CancellationToken cancellationToken)
    {
        EventFilters.Add(filter);
        return ValueTask.FromResult<IReadOnlyList<DeliveryEvent>>([.. Queue.AllEvents.Reverse().Take(filter.Limit)]);
    }

    public ValueTask<Dkim.DkimKeyAnswer> LookupAsync(string name, CancellationToken cancellationToken) => ValueTask.FromResult(Dkim.DkimKeyAnswer.None);

    public ValueTask ApplyRetentionAsync(TimeSpan events, TimeSpan conversations, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>As at SIGTERM: requests are still under way.</summary>
    public void BeginStop() => _application.Lifetime.StopApplication();

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
