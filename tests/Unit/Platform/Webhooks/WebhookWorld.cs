using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Platform;
using Relay.Platform.Domains;
using Relay.Platform.Webhooks;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>Webhooks over real stores, a clock that is moved by hand, and receivers that are functions.</summary>
internal sealed class WebhookWorld : IAsyncDisposable, IWebhookSender
{
    private readonly TemporaryStores _stores;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly KeyRing _keyRing = KeyRing.Parse(KeyRing.CreateText());
    private readonly Lock _gate = new();
    private readonly List<WebhookRequest> _received = [];

    private WebhookWorld() => _stores = new TemporaryStores(Time);

    public ManualTimeProvider Time { get; } = new();

    public DateTimeOffset Now => Time.GetUtcNow();

    public MemoryAuditStore Audit { get; } = new();

    public ZoneTable Zone { get; } = new ZoneTable().Address("hooks.example.com", "192.0.2.7");

    public PlatformOptions Options { get; set; } = new() { Hostname = "relay.example.com" };

    public Storage.RelayStores Stores => _stores.Stores;

    public WebhookRegistry Registry { get; private set; } = null!;

    public WebhookSecrets Secrets { get; private set; } = null!;

    public WebhookObserver Observer { get; private set; } = null!;

    public WebhookPublisher Publisher { get; private set; } = null!;

    public WebhookService Service { get; private set; } = null!;

    public WebhookTester Tester { get; private set; } = null!;

    public WebhookHealth Health { get; private set; } = null!;

    public WebhookRetention Retention { get; private set; } = null!;

    public WebhookFieldsParser Parser { get; private set; } = null!;

    public WebhookDispatcher? Dispatcher { get; private set; }

    /// <summary>Answers every call; 204 unless a test says otherwise.</summary>
    public Func<WebhookRequest, Task<WebhookReply>> Receiver { get; set; } = _ => Status(204);

    public int InFlight { get; private set; }

    public int MostInFlight { get; private set; }

    public IReadOnlyList<WebhookRequest> Received
    {
        get
        {
            lock (_gate)
            {
                return [.. _received];
            }
        }
    }

    public IEnumerable<string> ReceivedTypes => Received.Select(request => Header(request, "X-UseSend-Event"));

    public static async Task<WebhookWorld> OpenAsync(ISenderDomains? domains = null)
    {
        var world = new WebhookWorld();
        await world._stores.OpenAsync();
        world.Build(domains);
        return world;
    }

    public static Task<WebhookReply> Status(int status, TimeSpan? retryAfter = null) =>
        Task.FromResult(new WebhookReply { Status = status, RetryAfter = retryAfter, Body = "said"u8.ToArray() });

    public static string Header(WebhookRequest request, string name) => request.Headers.Single(header => header.Key == name).Value;

    public static JsonElement Body(WebhookRequest request) => JsonElement.Parse(request.Body.Span);

    public async Task StartAsync()
    {
        var signals = Signals;
        var caller = NewCaller();
        Tester = new WebhookTester(caller, Stores.WebhookDeliveries, Time);
        Dispatcher = new WebhookDispatcher(Registry, Stores.WebhookDeliveries, caller, signals, Backlog, Time, NullLogger<WebhookDispatcher>.Instance);
        await Dispatcher.StartAsync(CancellationToken.None);
    }

    /// <summary>Ends everything as a power cut would, as far as the stores can tell, and begins again over the same data.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await _stores.ReopenAsync();
        Build(domains: null);
        await StartAsync();
    }

    public async Task<Webhook> AddAsync(Func<Webhook, Webhook>? change = null, long accountId = 1)
    {
        var uid = Guid.CreateVersion7(Now);
        var webhook = new Webhook
        {
            Uid = uid,
            AccountId = accountId,
            Url = new Uri("https://hooks.example.com/" + PublicId.Text(uid)),
            SealedSecret = Secrets.SealSecret(uid, WebhookSecrets.Generate()),
            CreatedAt = Now,
            UpdatedAt = Now,
        };
        await Registry.LoadAsync(default);
        return (await Registry.AddAsync(change is null ? webhook : change(webhook), 1000, default))!;
    }

    /// <summary>Mail comes in, and the observers hear of it.</summary>
    public async Task<QueueId> MailAsync(Func<QueuedMessage, QueuedMessage>? change = null, params IReadOnlyList<string> recipients)
    {
        var draft = Drafts.Message(Now, recipients.Count == 0 ? ["user@example.net"] : recipients);
        draft = change is null ? draft : draft.With(change);
        await Stores.Queue.EnqueueAsync([draft with { Events = [draft.Events[0] with { AccountId = draft.Message.AccountId }] }]);
        await PumpAsync();
        return draft.Message.Id;
    }

    public async Task HappensAsync(QueueId id, DeliveryEventKind kind, Func<DeliveryEvent, DeliveryEvent>? change = null)
    {
        var happened = new DeliveryEvent { Kind = kind, At = Now, MessageId = id, Recipient = "user@example.net" };
        await Stores.Outbox.AppendAsync([change is null ? happened : change(happened)]);
        await PumpAsync();
    }

    public async Task PumpAsync()
    {
        var events = await Stores.Outbox.ReadAsync(await Observer.CursorAsync(default), 500, default);
        await Observer.ObserveAsync(events, default);
    }

    public Task ReceivesAsync(int count) => Poll.UntilAsync($"{count} calls", () => Received.Count >= count);

    /// <summary>Moves the clock in steps until it is so.</summary>
    public Task UntilAsync(string what, TimeSpan step, Func<Task<bool>> condition) => Poll.UntilAsync(
        what,
        async () =>
        {
            if (await condition())
            {
                return true;
            }

            Time.Advance(step);
            return false;
        });

    public Webhook Current(Webhook webhook) => Registry.Find(webhook.Id)!;

    public async Task<IReadOnlyList<WebhookDelivery>> LogAsync(Webhook webhook) =>
        await Stores.WebhookDeliveries.ListAsync(new WebhookDeliveryFilter { WebhookId = webhook.Id, Limit = 100 }, default);

    public async Task<IReadOnlyList<WebhookDelivery>> ListAsync(Webhook webhook, WebhookDeliveryStatus status) =>
        await Stores.WebhookDeliveries.ListAsync(new WebhookDeliveryFilter { WebhookId = webhook.Id, Status = status }, default);

    public Task FinishedAsync(Webhook webhook, int count) => Poll.UntilAsync($"{count} are finished", () => IsFinishedAsync(webhook, count));

    /// <summary>Exactly so many calls of the webhook succeeded.</summary>
    public async Task<bool> IsFinishedAsync(Webhook webhook, int count) =>
        (await LogAsync(webhook)).Count(delivery => delivery.Status == WebhookDeliveryStatus.Succeeded) == count;

    public async ValueTask<WebhookReply> SendAsync(WebhookRequest request, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _received.Add(request);
            InFlight++;
            MostInFlight = Math.Max(MostInFlight, InFlight);
        }

        try
        {
            return await Receiver(request).WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_gate)
            {
                InFlight--;
            }
        }
    }

    public async Task StopAsync()
    {
        if (Dispatcher is not null)
        {
            var stopping = Dispatcher.StopAsync(CancellationToken.None);
            await Poll.UntilAsync("the dispatcher ends", () =>
            {
                Time.Advance(TimeSpan.FromSeconds(1));
                return stopping.IsCompleted;
            });
            Dispatcher.Dispose();
            Dispatcher = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _stores.DeleteAsync();
        await _services.DisposeAsync();
    }

    private WebhookSignals Signals { get; set; } = null!;

    private WebhookBacklog Backlog { get; set; } = null!;

    private PlatformMetrics Metrics { get; set; } = null!;

    private void Build(ISenderDomains? domains)
    {
        Signals = new WebhookSignals();
        Backlog = new WebhookBacklog();
        Metrics = new PlatformMetrics(_services.GetRequiredService<IMeterFactory>(), Backlog);
        Registry = new WebhookRegistry(Stores.Webhooks);
        Secrets = new WebhookSecrets(_keyRing);
        var composer = new WebhookComposer(Registry, Stores.Queue, Backlog, Metrics, domains);
        Observer = new WebhookObserver(Registry, Stores.WebhookDeliveries, composer, Signals, Backlog);
        Publisher = new WebhookPublisher(Registry, composer, Stores.WebhookDeliveries, Signals, Backlog);
        var targets = new WebhookTargets(Zone, new Dns.TargetPolicy(false, [System.Net.IPNetwork.Parse("192.0.2.0/24")]), Options);
        Parser = new WebhookFieldsParser(targets);
        Service = new WebhookService(Registry, Stores.WebhookDeliveries, Secrets, targets, Signals, Backlog, Audit, Time);
        Health = new WebhookHealth(Registry, Publisher, Time, NullLogger<WebhookHealth>.Instance);
        Retention = new WebhookRetention(Registry, Stores.WebhookDeliveries, Backlog, Options, Time, NullLogger<WebhookRetention>.Instance);
        Tester = new WebhookTester(NewCaller(), Stores.WebhookDeliveries, Time);
    }

    private WebhookCaller NewCaller() =>
        new(this, Stores.WebhookDeliveries, Secrets, Health, Backlog, Metrics, Time, NullLogger<WebhookCaller>.Instance);
}
