using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Accounts;
using Relay.Platform.Campaigns;
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

/// <summary>Campaigns over real stores in a folder of their own, with an audience, quota and tracker of the test. Nothing runs by itself.</summary>
internal sealed class CampaignWorld : IAsyncDisposable, ISenderDomains, ITemplateRenderer, ILinkTracker, IEmailQuota
{
    public const string Html = "<p>Hi {{firstName,fallback=there}}</p><a href=\"{{usesend_unsubscribe_url}}\">Unsubscribe</a>";

    private readonly TemporaryStores _stores;
    private WebApplication? _app;
    private HttpClient? _client;

    private CampaignWorld() => _stores = new TemporaryStores(Time);

    public ManualTimeProvider Time { get; } = new(new DateTimeOffset(2026, 12, 1, 12, 0, 0, TimeSpan.Zero));

    public MemoryAudience Audience { get; } = new();

    public CampaignOptions Campaigns { get; set; } = new();

    public PlatformOptions Options { get; set; } = new()
    {
        Hostname = "relay.example.com",
        RequireVerifiedDomains = false,
        PublicUrl = new Uri("https://mail.example.com"),
    };

    public int Quota { get; set; } = int.MaxValue;

    public TimeSpan QuotaRetry { get; } = TimeSpan.FromMinutes(10);

    public Credential Credential { get; set; } = new()
    {
        Id = 7,
        Kind = CredentialKind.ApiKey,
        Name = "app",
        Verifier = "x",
        Scopes = "full",
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    public RelayStores Stores => _stores.Stores;

    public CampaignRunner Runner => _app!.Services.GetRequiredService<CampaignRunner>();

    public static async Task<CampaignWorld> StartAsync(CampaignOptions? campaigns = null)
    {
        var world = new CampaignWorld();
        world.Campaigns = campaigns ?? world.Campaigns;
        await world._stores.OpenAsync();
        await world.OpenAsync();
        return world;
    }

    /// <summary>Ends the program and starts it again on the same data.</summary>
    public async Task RestartAsync()
    {
        await _app!.DisposeAsync();
        await _stores.ReopenAsync();
        await OpenAsync();
    }

    /// <summary>Creates a campaign to the book; returns its id.</summary>
    public async Task<string> CreatedAsync(string more = "", string html = Html)
    {
        var reply = await PostAsync("/campaigns", Body(more, html));
        return (int)reply.Status == 200 ? reply.Json.GetProperty("id").GetString()! : throw new InvalidOperationException(reply.Text);
    }

    public string Body(string more = "", string? html = Html) =>
        "{\"name\":\"Spring\",\"from\":\"App <a@example.com>\",\"subject\":\"Hello {{firstName}}\",\"contactBookId\":\"" + Audience.Book.Uid + "\""
        + (html is null ? string.Empty : ",\"html\":" + JsonSerializer.Serialize(html)) + more + "}";

    public Task<Reply> PostAsync(string path, string json = "{}", long account = 1) => CallAsync(HttpMethod.Post, path, json, account);

    public Task<Reply> GetAsync(string path, long account = 1) => CallAsync(HttpMethod.Get, path, null, account);

    public async Task<Reply> CallAsync(HttpMethod method, string path, string? json, long account = 1)
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path);
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        request.Headers.Add("X-Account", account.ToString(System.Globalization.CultureInfo.InvariantCulture));
        using var answer = await _client!.SendAsync(request);
        return new Reply(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.RetryAfter?.Delta);
    }

    public async Task<JsonElement> CampaignAsync(string id) => (await GetAsync("/campaigns/" + id)).Json;

    /// <summary>Moves campaigns on until nothing moves.</summary>
    public async Task<DateTimeOffset> RunAsync()
    {
        for (var turns = 0; turns < 1_000; turns++)
        {
            if (await Runner.TurnAsync(CancellationToken.None) is { } next)
            {
                return next;
            }
        }

        throw new InvalidOperationException("campaigns move for ever");
    }

    /// <summary>Recipients in the queue, oldest first.</summary>
    public async Task<IReadOnlyList<QueueEntry>> QueuedAsync()
    {
        var entries = new List<QueueEntry>();
        long? before = null;
        do
        {
            var page = await Stores.Queue.ListAsync(new QueueFilter { Limit = 500, Before = before }, CancellationToken.None);
            entries.AddRange(page.Entries);
            before = page.Next;
        }
        while (before is not null);
        entries.Reverse();
        return entries;
    }

    public async Task<MimeEntity> EntityAsync(QueueId id)
    {
        var sent = (await Stores.Queue.FindAsync(id, CancellationToken.None))!.Variants[0];
        await using var content = await Stores.Spool.OpenAsync(sent.Content, CancellationToken.None);
        using var all = new MemoryStream();
        await all.WriteAsync(sent.Prefix);
        await content.CopyToAsync(all);
        return MimeReader.Read(all.ToArray());
    }

    /// <summary>Lets this happen to a message, and everybody see every event so far.</summary>
    public async Task TellAsync(QueueEntry entry, DeliveryEventKind kind, FaultSide fault = FaultSide.None, bool? isMachine = null)
    {
        await Stores.Outbox.AppendAsync([new DeliveryEvent { Kind = kind, At = Time.GetUtcNow(), MessageId = entry.Message.Id, Recipient = entry.Recipient.Address.ToString(), Fault = fault, IsMachine = isMachine }]);
        await FollowAsync();
    }

    public async Task FollowAsync()
    {
        foreach (var observer in _app!.Services.GetServices<IEventObserver>())
        {
            var cursor = await observer.CursorAsync(CancellationToken.None);
            while (await Stores.Outbox.ReadAsync(cursor, 1000, CancellationToken.None) is { Count: > 0 } events)
            {
                await observer.ObserveAsync(events, CancellationToken.None);
                cursor = events[^1].Sequence;
            }
        }
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

    ValueTask<SendingDomain?> ISenderDomains.FindAsync(long accountId, DomainName name, CancellationToken cancellationToken) => ValueTask.FromResult<SendingDomain?>(null);

    ValueTask<RenderResult> ITemplateRenderer.RenderAsync(
        long accountId, string templateId, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new RenderResult { Html = $"<p>{variables["email"]} {variables["unsubscribeUrl"]}</p>", Text = "text" });

    TrackingChoice ILinkTracker.Choose(SendingDomain? domain, bool? opens, bool? clicks) => default;

    string ILinkTracker.Track(string html, TrackingTarget target) => html;

    ValueTask<ApiFault?> IEmailQuota.TryTakeAsync(QuotaSender sender, DomainName? fromDomain, QuotaAmount amount, CancellationToken cancellationToken)
    {
        if (amount.Emails > Quota)
        {
            return ValueTask.FromResult<ApiFault?>(ApiFault.RateLimited("no more", QuotaRetry));
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

    private async Task OpenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton(Options);
        builder.Services.AddSingleton(Campaigns);
        builder.Services.AddSingleton(Stores.Emails);
        builder.Services.AddSingleton(Stores.Queue);
        builder.Services.AddSingleton(Stores.Events);
        builder.Services.AddSingleton(Stores.Audit);
        builder.Services.AddSingleton(Stores.Templates);
        builder.Services.AddSingleton(Stores.Campaigns);
        builder.Services.AddSingleton(Stores.Accounts);
        builder.Services.AddSingleton<AccountService>();
        builder.Services.AddSingleton<AccountSettingsEndpoints>();
        builder.Services.AddSingleton<ISenderDomains>(this);
        builder.Services.AddSingleton<ITemplateRenderer>(this);
        builder.Services.AddSingleton<ILinkTracker>(this);
        builder.Services.AddSingleton<IEmailQuota>(this);
        builder.Services.AddSingleton<ICampaignAudience>(Audience);
        builder.Services.AddSingleton(new MessageIntake(
            Stores.Spool, Stores.Queue, Stores.Suppressions, new RecordingDispatch(), new IntakeOptions { Hostname = Options.Hostname }, Time,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<MessageIntake>.Instance));
        builder.Services.AddEmails();
        builder.Services.AddCampaigns();
        _app = builder.Build();
        _app.UseRouting();
        _app.Use((context, next) =>
        {
            var account = long.Parse(context.Request.Headers["X-Account"].ToString(), System.Globalization.CultureInfo.InvariantCulture);
            new ApiCaller(Credential with { AccountId = account }, "192.0.2.44").Attach(context);
            return next(context);
        });
        _app.Services.GetRequiredService<CampaignEndpoints>().Map(_app.MapGroup("/api/v1"));
        _app.Services.GetRequiredService<AccountSettingsEndpoints>().Map(_app.MapGroup("/api/v1"));
        await _app.StartAsync();
        _client = _app.GetTestClient();
    }
}
