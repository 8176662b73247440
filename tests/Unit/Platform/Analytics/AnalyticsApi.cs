using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Analytics;
using Relay.Platform.Jobs;
using Relay.Senders;
using Relay.Storage;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>The analytics and job operations over real stores; the caller's account stands in a header, its scope in another.</summary>
internal sealed class AnalyticsApi(ManualTimeProvider time) : IAsyncDisposable
{
    private readonly TemporaryStores _stores = new(time);
    private WebApplication? _app;

    public RelayStores Stores => _stores.Stores;

    public HttpClient Client { get; private set; } = null!;

    public async Task StartAsync(bool withWork = true)
    {
        var stores = _stores.IsOpen ? _stores.Stores : await _stores.OpenAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton(new PlatformOptions { Hostname = "relay.example.com" });
        builder.Services.AddSingleton<BodyBudget>();
        builder.Services.AddSingleton(stores.Queue).AddSingleton(stores.Analytics).AddSingleton(stores.AccountEvents).AddSingleton(stores.Jobs).AddSingleton(stores.JobFiles);
        builder.Services.AddSingleton<IDomainNames, OneDomain>();
        builder.Services.AddAnalytics();
        if (withWork)
        {
            builder.Services.AddAnalyticsWork();
        }

        _app = builder.Build();
        _app.Use(AttachCaller);
        var api = _app.MapGroup("/v1");
        _app.Services.GetRequiredService<AnalyticsEndpoints>().Map(api);
        _app.Services.GetRequiredService<ExportEndpoints>().Map(api);
        _app.Services.GetRequiredService<JobEndpoints>().Map(api);
        await _app.StartAsync();
        Client = _app.GetTestClient();
    }

    public async Task StopAsync()
    {
        Client.Dispose();
        await _app!.DisposeAsync();
    }

    public async Task<(int Status, JsonElement Body)> GetAsync(string path, long account = 1, string scope = "full") =>
        await SendAsync(HttpMethod.Get, path, null, account, scope);

    public async Task<(int Status, JsonElement Body)> SendAsync(HttpMethod method, string path, object? body, long account = 1, string scope = "full")
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-Account", account.ToString(System.Globalization.CultureInfo.InvariantCulture));
        request.Headers.Add("X-Scope", scope);
        using var answer = await Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : JsonSerializer.SerializeToElement(text));
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await StopAsync();
        }

        await _stores.DeleteAsync();
    }

    private static Task AttachCaller(HttpContext context, RequestDelegate next)
    {
        var credential = new Credential
        {
            Kind = CredentialKind.ApiKey,
            Name = "test",
            Verifier = "",
            AccountId = long.Parse(context.Request.Headers["X-Account"].ToString(), System.Globalization.CultureInfo.InvariantCulture),
            Scopes = context.Request.Headers["X-Scope"].ToString(),
            CreatedAt = default,
        };
        new ApiCaller(credential, "192.0.2.1").Attach(context);
        return next(context);
    }

    /// <summary>Account 1 has domain 5.</summary>
    private sealed class OneDomain : IDomainNames
    {
        public ValueTask<DomainName?> NameOfAsync(long accountId, long domainId, CancellationToken cancellationToken) =>
            ValueTask.FromResult(accountId == 1 && domainId == 5 ? DomainName.Parse("example.org") : null);
    }
}
