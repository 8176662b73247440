using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Platform;
using Relay.Platform.Emails;
using Relay.Platform.Quotas;
using Relay.Queue;
using Relay.Senders;
using Relay.Storage;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>Routes of the API in memory, over real stores in a folder of their own, with a quota of the test. A header says whose the key is.</summary>
internal abstract class StoredApi : IAsyncDisposable, IEmailQuota
{
    private readonly TemporaryStores _stores;
    private WebApplication? _app;
    private HttpClient? _client;

    protected StoredApi(ManualTimeProvider time)
    {
        Time = time;
        _stores = new TemporaryStores(time);
    }

    public ManualTimeProvider Time { get; }

    public RelayStores Stores => _stores.Stores;

    public PlatformOptions Options { get; protected set; } = new() { Hostname = "relay.example.com", RequireVerifiedDomains = false };

    public Credential Credential { get; set; } = new()
    {
        Id = 7,
        Kind = CredentialKind.ApiKey,
        Name = "app",
        Verifier = "x",
        Scopes = "full",
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    /// <summary>E-mails that may still be sent.</summary>
    public int Quota { get; set; } = int.MaxValue;

    /// <summary>Recipients counted so far.</summary>
    public int QuotaRecipients { get; private set; }

    /// <summary>How long who has none left is told to wait.</summary>
    public TimeSpan QuotaRetry { get; protected init; } = TimeSpan.FromHours(1);

    protected IServiceProvider Services => _app!.Services;

    /// <summary>Who hears of new mail.</summary>
    protected abstract IImmediateDispatch Intake { get; }

    /// <summary>Ends the program and starts it again on the same data.</summary>
    public async Task RestartAsync()
    {
        await _app!.DisposeAsync();
        await _stores.ReopenAsync();
        await RunAsync();
    }

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

    public Task<Reply> GetAsync(string path, long account = 1) => CallAsync(HttpMethod.Get, path, null, account: account);

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        await _stores.DeleteAsync();
    }

    ValueTask<ApiFault?> IEmailQuota.TryTakeAsync(QuotaSender sender, IReadOnlyList<QuotaPart> parts, CancellationToken cancellationToken)
    {
        var emails = parts.Sum(part => part.Amount.Emails);
        if (emails > Quota)
        {
            return ValueTask.FromResult<ApiFault?>(ApiFault.RateLimited("no more e-mails today", QuotaRetry));
        }

        Quota -= emails;
        QuotaRecipients += parts.Sum(part => part.Amount.Recipients);
        return ValueTask.FromResult<ApiFault?>(null);
    }

    ValueTask<ApiFault?> IEmailQuota.LookAsync(QuotaSender sender, QuotaPart part, CancellationToken cancellationToken) => ValueTask.FromResult<ApiFault?>(null);

    ValueTask IEmailQuota.RefundAsync(QuotaSender sender, IReadOnlyList<QuotaPart> parts, CancellationToken cancellationToken)
    {
        Quota += parts.Sum(part => part.Amount.Emails);
        QuotaRecipients -= parts.Sum(part => part.Amount.Recipients);
        return ValueTask.CompletedTask;
    }

    protected async Task OpenAsync()
    {
        await _stores.OpenAsync();
        await RunAsync();
    }

    /// <summary>What the routes need beside stores, clock, options, quota and intake.</summary>
    protected abstract void Add(IServiceCollection services);

    protected abstract void Map(RouteGroupBuilder api);

    private async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton(Options);
        builder.Services.AddSingleton(Stores.Emails);
        builder.Services.AddSingleton(Stores.Queue);
        builder.Services.AddSingleton(Stores.Events);
        builder.Services.AddSingleton<IEmailQuota>(this);
        builder.Services.AddSingleton(new MessageIntake(
            Stores.Spool, Stores.Queue, Stores.Suppressions, Intake, new IntakeOptions { Hostname = Options.Hostname }, Time, NullLogger<MessageIntake>.Instance));
        builder.Services.AddEmails();
        Add(builder.Services);
        _app = builder.Build();
        _app.UseRouting();
        _app.Use((context, next) =>
        {
            var account = long.Parse(context.Request.Headers["X-Account"].ToString(), System.Globalization.CultureInfo.InvariantCulture);
            new ApiCaller(Credential with { AccountId = account }, "192.0.2.44").Attach(context);
            return next(context);
        });
        Map(_app.MapGroup("/api/v1"));
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
