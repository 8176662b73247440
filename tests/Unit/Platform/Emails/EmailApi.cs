using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Domains;
using Relay.Platform.Emails;
using Relay.Platform.Quotas;
using Relay.Platform.Templates;
using Relay.Platform.Tracking;
using Relay.Queue;
using Relay.Senders;
using Relay.Storage;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>The routes of e-mails in memory, over real stores in a folder of their own, with domains, templates and tracking of the test.</summary>
internal sealed class EmailApi : IAsyncDisposable, ISenderDomains, ITemplateRenderer, ILinkTracker, IEmailQuota
{
    private readonly TemporaryStores _stores;
    private WebApplication? _app;
    private HttpClient? _client;

    private EmailApi()
    {
        _stores = new TemporaryStores(Time);
    }

    public ManualTimeProvider Time { get; } = new();

    public DateTimeOffset Now => Time.GetUtcNow();

    public RecordingDispatch Dispatch { get; } = new();

    public RelayStores Stores => _stores.Stores;

    public PlatformOptions Options { get; private set; } = new() { Hostname = "relay.example.com", RequireVerifiedDomains = false };

    public Credential Credential { get; set; } = new()
    {
        Id = 7,
        Kind = CredentialKind.ApiKey,
        Name = "app",
        Verifier = "x",
        Scopes = "full",
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    public List<SendingDomain> Domains { get; } = [];

    /// <summary>E-mails that may still be sent.</summary>
    public int Quota { get; set; } = int.MaxValue;

    public Dictionary<string, RenderResult> Templates { get; } = [];

    /// <summary>What the tracker is asked to do; null tracks nothing.</summary>
    public TrackingChoice Tracking { get; set; }

    /// <summary>Waited for before a domain is answered: holds a request in work.</summary>
    public Task DomainGate { get; set; } = Task.CompletedTask;

    /// <summary>Completes when a request has come to the gate.</summary>
    public TaskCompletionSource AtGate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public BodyBudget Budget => _app!.Services.GetRequiredService<BodyBudget>();

    public static async Task<EmailApi> StartAsync(Func<PlatformOptions, PlatformOptions>? change = null)
    {
        var api = new EmailApi();
        api.Options = change?.Invoke(api.Options) ?? api.Options;
        await api._stores.OpenAsync();
        await api.OpenAsync();
        return api;
    }

    /// <summary>Ends the program and starts it again on the same data.</summary>
    public async Task RestartAsync()
    {
        await _app!.DisposeAsync();
        await _stores.ReopenAsync();
        await OpenAsync();
    }

    public Task<Reply> SendAsync(string json, string? key = null, long account = 1) => CallAsync(HttpMethod.Post, "/emails", json, key, account);

    public Task<Reply> BatchAsync(string json, string? key = null, long account = 1) => CallAsync(HttpMethod.Post, "/emails/batch", json, key, account);

    public Task<Reply> GetAsync(string path, long account = 1) => CallAsync(HttpMethod.Get, path, null, null, account);

    public async Task<Reply> CallAsync(HttpMethod method, string path, string? json, string? key = null, long account = 1, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path);
        request.Content = content ?? (json is null ? null : new StringContent(json, Encoding.UTF8, "application/json"));
        request.Headers.Add("X-Account", account.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using var answer = await _client!.SendAsync(request);
        return new Reply(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.RetryAfter?.Delta);
    }

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
        foreach (var observer in _app!.Services.GetServices<IEventObserver>().Append(Stores.HistoryObserver))
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

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        await _stores.DeleteAsync();
    }

    async ValueTask<SendingDomain?> ISenderDomains.FindAsync(long accountId, DomainName name, CancellationToken cancellationToken)
    {
        AtGate.TrySetResult();
        await DomainGate;
        return Domains.FirstOrDefault(domain => domain.AccountId == accountId && domain.Name.Equals(name));
    }

    ValueTask<RenderResult> ITemplateRenderer.RenderAsync(
        long accountId, string templateId, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var found = Templates.GetValueOrDefault(templateId) ?? new RenderResult { Fault = new RenderFault(RenderFaultKind.NotFound, $"template '{templateId}' not found") };
        return ValueTask.FromResult(found with { Subject = found.Subject?.Replace("{{name}}", variables.GetValueOrDefault("name"), StringComparison.Ordinal) });
    }

    ValueTask<ApiFault?> IEmailQuota.TryTakeAsync(QuotaSender sender, DomainName? fromDomain, QuotaAmount amount, CancellationToken cancellationToken)
    {
        if (amount.Emails > Quota)
        {
            return ValueTask.FromResult<ApiFault?>(ApiFault.RateLimited("no more e-mails today", TimeSpan.FromHours(1)));
        }

        Quota -= amount.Emails;
        return ValueTask.FromResult<ApiFault?>(null);
    }

    ValueTask<ApiFault?> IEmailQuota.LookAsync(QuotaSender sender, QuotaAmount amount, CancellationToken cancellationToken) => ValueTask.FromResult<ApiFault?>(null);

    ValueTask IEmailQuota.RefundAsync(QuotaSender sender, DomainName? fromDomain, QuotaAmount amount, CancellationToken cancellationToken)
    {
        Quota += amount.Emails;
        return ValueTask.CompletedTask;
    }

    TrackingChoice ILinkTracker.Choose(SendingDomain? domain, bool? opens, bool? clicks) => new(opens ?? Tracking.Opens, clicks ?? Tracking.Clicks);

    string ILinkTracker.Track(string html, TrackingTarget target) => $"{html}<!-- {target.MessageId} {target.Recipient} -->";

    private async Task OpenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton(Options);
        builder.Services.AddSingleton(Stores.Emails);
        builder.Services.AddSingleton(Stores.Queue);
        builder.Services.AddSingleton(Stores.Events);
        builder.Services.AddSingleton<ISenderDomains>(this);
        builder.Services.AddSingleton<ITemplateRenderer>(this);
        builder.Services.AddSingleton<ILinkTracker>(this);
        builder.Services.AddSingleton<IEmailQuota>(this);
        builder.Services.AddSingleton(new MessageIntake(
            Stores.Spool, Stores.Queue, Stores.Suppressions, Dispatch, new IntakeOptions { Hostname = Options.Hostname }, Time, NullLogger<MessageIntake>.Instance));
        builder.Services.AddEmails();
        _app = builder.Build();
        _app.UseRouting();
        _app.Use((context, next) =>
        {
            var account = long.Parse(context.Request.Headers["X-Account"].ToString(), System.Globalization.CultureInfo.InvariantCulture);
            new ApiCaller(Credential with { AccountId = account }, "192.0.2.44").Attach(context);
            return next(context);
        });
        EmailEndpoints.Map(_app.MapGroup("/api/v1"));
        await _app.StartAsync();
        _client = _app.GetTestClient();
    }
}

internal sealed record Reply(HttpStatusCode Status, string Text, TimeSpan? RetryAfter)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string Code => Json.GetProperty("error").GetProperty("code").GetString()!;

    public string Message => Json.GetProperty("error").GetProperty("message").GetString()!;
}
