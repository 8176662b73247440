using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Relay.Mail;
using Relay.Platform.Accounts;
using Relay.Platform.Campaigns;
using Relay.Platform.Domains;
using Relay.Platform.Templates;
using Relay.Platform.Tracking;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>Campaigns over real stores in a folder of their own, with an audience, quota and tracker of the test. Nothing runs by itself.</summary>
internal sealed class CampaignWorld : StoredApi, ISenderDomains, IDomainHolders, ITemplateRenderer, ILinkTracker
{
    public const string Html = "<p>Hi {{firstName,fallback=there}}</p><a href=\"{{usesend_unsubscribe_url}}\">Unsubscribe</a>";

    private CampaignWorld()
        : base(new ManualTimeProvider(new DateTimeOffset(2026, 12, 1, 12, 0, 0, TimeSpan.Zero)))
    {
        Options = Options with { PublicUrl = new Uri("https://mail.example.com") };
        QuotaRetry = TimeSpan.FromMinutes(10);
    }

    public MemoryAudience Audience { get; } = new();

    public CampaignOptions Campaigns { get; set; } = new();

    public CampaignRunner Runner => Services.GetRequiredService<CampaignRunner>();

    public static async Task<CampaignWorld> StartAsync(CampaignOptions? campaigns = null)
    {
        var world = new CampaignWorld();
        world.Campaigns = campaigns ?? world.Campaigns;
        await world.OpenAsync();
        return world;
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

    public Task<Reply> PostAsync(string path, string json = "{}", long account = 1) => CallAsync(HttpMethod.Post, path, json, account: account);

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
        foreach (var observer in Services.GetServices<IEventObserver>())
        {
            var cursor = await observer.CursorAsync(CancellationToken.None);
            while (await Stores.Outbox.ReadAsync(cursor, 1000, CancellationToken.None) is { Count: > 0 } events)
            {
                await observer.ObserveAsync(events, CancellationToken.None);
                cursor = events[^1].Sequence;
            }
        }
    }

    ValueTask<long?> IDomainHolders.FindHolderAsync(DomainName name, CancellationToken cancellationToken) => ValueTask.FromResult<long?>(null);

    ValueTask<SendingDomain?> ISenderDomains.FindAsync(long accountId, DomainName name, CancellationToken cancellationToken) => ValueTask.FromResult<SendingDomain?>(null);

    ValueTask<RenderResult> ITemplateRenderer.RenderAsync(
        long accountId, string templateId, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new RenderResult { Html = $"<p>{variables["email"]} {variables["unsubscribeUrl"]}</p>", Text = "text" });

    TrackingChoice ILinkTracker.Choose(SendingDomain? domain, bool? opens, bool? clicks) => default;

    string ILinkTracker.Track(string html, TrackingTarget target) => html;

    protected override IImmediateDispatch Intake { get; } = new RecordingDispatch();

    protected override void Add(IServiceCollection services)
    {
        services.AddSingleton(Campaigns);
        services.AddSingleton(Stores.Audit);
        services.AddSingleton(Stores.Templates);
        services.AddSingleton(Stores.Campaigns);
        services.AddSingleton(Stores.Accounts);
        services.AddSingleton<AccountService>();
        services.AddSingleton<AccountSettingsEndpoints>();
        services.AddSingleton<ISenderDomains>(this);
        services.AddSingleton<IDomainHolders>(this);
        services.AddSingleton<ITemplateRenderer>(this);
        services.AddSingleton<ILinkTracker>(this);
        services.AddSingleton<ICampaignAudience>(Audience);
        services.AddCampaigns();
    }

    protected override void Map(RouteGroupBuilder api)
    {
        Services.GetRequiredService<CampaignEndpoints>().Map(api);
        Services.GetRequiredService<AccountSettingsEndpoints>().Map(api);
    }
}
