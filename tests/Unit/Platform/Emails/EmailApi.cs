using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Domains;
using Relay.Platform.Emails;
using Relay.Platform.Templates;
using Relay.Platform.Tracking;
using Relay.Queue;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>The routes of e-mails in memory, over real stores in a folder of their own, with domains, templates and tracking of the test.</summary>
internal sealed class EmailApi : StoredApi, ISenderDomains, IDomainHolders, ITemplateRenderer, ILinkTracker
{
    private EmailApi()
        : base(new ManualTimeProvider())
    {
    }

    public DateTimeOffset Now => Time.GetUtcNow();

    public RecordingDispatch Dispatch { get; } = new();

    public List<SendingDomain> Domains { get; } = [];

    public Dictionary<string, RenderResult> Templates { get; } = [];

    /// <summary>What the tracker is asked to do; null tracks nothing.</summary>
    public TrackingChoice Tracking { get; set; }

    /// <summary>Waited for before a domain is answered: holds a request in work.</summary>
    public Task DomainGate { get; set; } = Task.CompletedTask;

    /// <summary>Completes when a request has come to the gate.</summary>
    public TaskCompletionSource AtGate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public BodyBudget Budget => Services.GetRequiredService<BodyBudget>();

    public static async Task<EmailApi> StartAsync(Func<PlatformOptions, PlatformOptions>? change = null)
    {
        var api = new EmailApi();
        api.Options = change?.Invoke(api.Options) ?? api.Options;
        await api.OpenAsync();
        return api;
    }

    public Task<Reply> SendAsync(string json, string? key = null, long account = 1) => CallAsync(HttpMethod.Post, "/emails", json, key, account);

    public Task<Reply> BatchAsync(string json, string? key = null, long account = 1) => CallAsync(HttpMethod.Post, "/emails/batch", json, key, account);

    /// <summary>Sends an e-mail that is well and returns its id.</summary>
    public async Task<string> SentAsync(string json = """{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t"}""", long account = 1)
    {
        var reply = await SendAsync(json, account: account);
        return reply.Status == HttpStatusCode.OK ? reply.Json.GetProperty("emailId").GetString()! : throw new InvalidOperationException(reply.Text);
    }

    public async Task<MessageDetails> MessageAsync(string id) =>
        await Stores.Queue.FindAsync(QueueId.Parse(id), CancellationToken.None) ?? throw new InvalidOperationException("there is no such message");

    /// <summary>Prefix and content of one variant as they would be sent.</summary>
    public async Task<string> SourceAsync(string id, int variant = 0)
    {
        var sent = (await MessageAsync(id)).Variants[variant];
        await using var content = await Stores.Spool.OpenAsync(sent.Content, CancellationToken.None);
        using var reader = new StreamReader(content, Encoding.UTF8);
        return Encoding.UTF8.GetString(sent.Prefix.Span) + await reader.ReadToEndAsync();
    }

    public async Task<MimeEntity> EntityAsync(string id, int variant = 0) => MimeReader.Read(Encoding.UTF8.GetBytes(await SourceAsync(id, variant)));

    /// <summary>Lets the observers see every event so far.</summary>
    public async Task FollowAsync()
    {
        foreach (var observer in Services.GetServices<IEventObserver>().Append(Stores.HistoryObserver))
        {
            var events = await Stores.Outbox.ReadAsync(await observer.CursorAsync(CancellationToken.None), 1000, CancellationToken.None);
            if (events.Count > 0)
            {
                await observer.ObserveAsync(events, CancellationToken.None);
            }
        }
    }

    public async Task TellAsync(string id, DeliveryEventKind kind, Func<DeliveryEvent, DeliveryEvent>? change = null)
    {
        var happened = new DeliveryEvent { Kind = kind, At = Now, MessageId = QueueId.Parse(id), Recipient = "b@example.net" };
        await Stores.Outbox.AppendAsync([change?.Invoke(happened) ?? happened]);
        await FollowAsync();
    }

    async ValueTask<SendingDomain?> ISenderDomains.FindAsync(long accountId, DomainName name, CancellationToken cancellationToken)
    {
        AtGate.TrySetResult();
        await DomainGate;
        return Domains.FirstOrDefault(domain => domain.AccountId == accountId && domain.Name.Equals(name));
    }

    ValueTask<long?> IDomainHolders.FindHolderAsync(DomainName name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Domains.FirstOrDefault(domain => domain.IsVerified && domain.Name.Equals(name))?.AccountId);

    ValueTask<RenderResult> ITemplateRenderer.RenderAsync(
        long accountId, string templateId, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var found = Templates.GetValueOrDefault(templateId) ?? new RenderResult { Fault = new RenderFault(RenderFaultKind.NotFound, $"template '{templateId}' not found") };
        return ValueTask.FromResult(found with { Subject = found.Subject?.Replace("{{name}}", variables.GetValueOrDefault("name"), StringComparison.Ordinal) });
    }

    TrackingChoice ILinkTracker.Choose(SendingDomain? domain, bool? opens, bool? clicks) => new(opens ?? Tracking.Opens, clicks ?? Tracking.Clicks);

    string ILinkTracker.Track(string html, TrackingTarget target) => $"{html}<!-- {target.MessageId} {target.Recipient} -->";

    protected override IImmediateDispatch Intake => Dispatch;

    protected override void Add(IServiceCollection services)
    {
        services.AddSingleton<ISenderDomains>(this);
        services.AddSingleton<IDomainHolders>(this);
        services.AddSingleton<ITemplateRenderer>(this);
        services.AddSingleton<ILinkTracker>(this);
    }

    protected override void Map(RouteGroupBuilder api) => EmailEndpoints.Map(api);
}
