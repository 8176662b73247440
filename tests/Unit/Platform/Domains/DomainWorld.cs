using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Dns;
using Relay.Platform;
using Relay.Platform.Domains;
using Relay.Platform.Keys;
using Relay.Platform.Quotas;
using Relay.Senders;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>Domains, keys and quotas of the API over memory stores, reached without a socket.</summary>
internal sealed class DomainWorld : IAsyncDisposable
{
    private readonly WebApplication _application;

    private DomainWorld(PlatformOptions options)
    {
        Domains = new MemoryDomainStore(DkimKeys);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        var services = builder.Services;
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton<ICredentialStore>(Credentials);
        services.AddSingleton<IAccountStore>(Accounts);
        services.AddSingleton<IDkimKeyStore>(DkimKeys);
        services.AddSingleton<IAuditStore>(Audit);
        services.AddSingleton<IDomainStore>(Domains);
        services.AddSingleton<IEmailCountStore>(Counts);
        services.AddSingleton<IZoneResolver>(Zone);
        services.AddSingleton(KeyRing.Parse(KeyRing.CreateText()));
        services.AddSingleton(options);
        services.AddSingleton(new DkimRotationOptions());
        services.AddSenders();
        services.AddSingleton<ApiAuthentication>();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton(new AdviceWorld { Zone = Zone, Time = Time }.NewAdvisor());
        services.AddDomains();
        services.AddQuotas();
        services.AddSingleton<ApiKeyEndpoints>();
        services.AddHostedService(provider => provider.GetRequiredService<DomainVerifier>());
        _application = builder.Build();
        _application.UseRouting();
        PlatformEndpoints.UseApi(_application);
        var api = _application.MapGroup(PlatformEndpoints.ApiBase);
        Get<DomainEndpoints>().Map(api);
        Get<ApiKeyEndpoints>().Map(api);
    }

    public ManualTimeProvider Time { get; } = new();

    public ZoneTable Zone { get; } = new();

    public MemoryCredentialStore Credentials { get; } = new();

    public MemoryAccountStore Accounts { get; } = new();

    public MemoryDkimKeyStore DkimKeys { get; } = new();

    public MemoryAuditStore Audit { get; } = new();

    public MemoryEmailCountStore Counts { get; } = new();

    public MemoryDomainStore Domains { get; }

    public static PlatformOptions Options => new() { Hostname = "relay.example.com", RequestsPerSecond = 0 };

    public static async Task<DomainWorld> StartAsync(PlatformOptions? options = null)
    {
        var world = new DomainWorld(options ?? Options);
        await world.Accounts.AddAsync(new Account(0, "second"), default);
        await world._application.StartAsync();
        return world;
    }

    public T Get<T>()
        where T : notnull => _application.Services.GetRequiredService<T>();

    /// <summary>A key in clear.</summary>
    public async Task<string> KeyAsync(
        string name = "test", string scope = "full", long account = 1, string[]? domains = null, string[]? networks = null, SendLimits? limits = null)
    {
        var restrictions = new CredentialRestrictions { AllowedSenders = domains ?? [], AllowedNetworks = networks ?? [] };
        var draft = new ApiKeyDraft(name, scope) { AccountId = account, Restrictions = restrictions, Limits = limits ?? SendLimits.Default };
        return (await Get<ApiKeyService>().CreateAsync(draft, AuditActor.System, default)).ClearText;
    }

    public async Task<HttpResponseMessage> SendAsync(string key, string method, string path, object? body = null)
    {
        using var client = _application.GetTestClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1" + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        request.Content = body switch
        {
            null => null,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body),
        };
        return await client.SendAsync(request);
    }

    /// <summary>Status and body.</summary>
    public async Task<(int Status, JsonElement Body)> CallAsync(string key, string method, string path, object? body = null)
    {
        using var response = await SendAsync(key, method, path, body);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    public async Task<JsonElement> CreateAsync(string key, string name = "example.com")
    {
        var (status, body) = await CallAsync(key, "POST", "/domains", new { name, region = "eu" });
        return status == 200 ? body : throw new InvalidOperationException(body.ToString());
    }

    /// <summary>Publishes what the answer of a creation says; <paramref name="isMeant"/> chooses among the records.</summary>
    public void Publish(JsonElement domain, Func<JsonElement, bool>? isMeant = null)
    {
        foreach (var record in domain.GetProperty("dnsRecords").EnumerateArray().Where(isMeant ?? (_ => true)))
        {
            var (name, value) = (record.GetProperty("name").GetString()!, record.GetProperty("value").GetString()!);
            _ = record.GetProperty("type").GetString() == "MX" ? Zone.Mx(name, 10, value) : Zone.Txt(name, value);
        }
    }

    /// <summary>Asks for a check and waits for its end.</summary>
    public async Task<JsonElement> VerifyAsync(string key, JsonElement domain)
    {
        var path = $"/domains/{domain.GetProperty("id").GetInt64()}";
        Time.Advance(TimeSpan.FromSeconds(3));
        var (status, answer) = await CallAsync(key, "PUT", path + "/verify", new { });
        if (status != 200 || answer.GetProperty("message").GetString() is not { Length: > 0 })
        {
            throw new InvalidOperationException(answer.ToString());
        }

        JsonElement found = default;
        await Poll.UntilAsync("the check ends", async () =>
        {
            (_, found) = await CallAsync(key, "GET", path);
            return !found.GetProperty("isVerifying").GetBoolean();
        });
        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
