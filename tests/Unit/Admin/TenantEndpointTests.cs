using System.Net;
using System.Text.Json;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Accounts, their keys and domains, as operators see them.</summary>
public sealed class TenantEndpointTests : IAsyncLifetime
{
    private AdminWorld _world = null!;

    public async Task InitializeAsync() => _world = await AdminWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task An_account_is_made_renamed_limited_suspended_and_resumed()
    {
        Assert.Equal("shop", (await DoesAsync("POST", "accounts", """{"name":"shop"}""")).GetProperty("name").GetString());
        await DoesAsync("PUT", "accounts/shop/name", """{"name":"store"}""");
        var limited = await DoesAsync("PUT", "accounts/store/limits", """{"requestsPerSecond":5,"emailsPerDay":0,"recipientsPerHour":7}""");
        Assert.Equal("""{"requestsPerSecond":5,"emailsPerHour":null,"emailsPerDay":0,"emailsPerSecond":null,"recipientsPerSecond":null,"recipientsPerHour":7,"recipientsPerDay":null}""", limited.GetProperty("limits").ToString());
        Assert.Equal(JsonValueKind.String, (await DoesAsync("POST", "accounts/store/suspend")).GetProperty("suspendedAt").ValueKind);
        Assert.Equal(JsonValueKind.Null, (await DoesAsync("POST", "accounts/store/resume")).GetProperty("suspendedAt").ValueKind);

        var names = (await _world.GetAsync("/admin/v1/accounts", "admin")).GetProperty("entries").EnumerateArray().Select(a => a.GetProperty("name").GetString());
        Assert.Equal(["default", "store"], names);
        Assert.Equal(
            ["account.resume", "account.suspend", "account.limit", "account.rename", "account.create"],
            (await _world.Audit.ListAsync(null, 10, default)).Select(entry => entry.Action));
    }

    [Theory]
    [InlineData("POST", "accounts", """{"name":"default"}""", 409)]
    [InlineData("POST", "accounts", """{"name":"a b"}""", 400)]
    [InlineData("POST", "accounts", "{}", 400)]
    [InlineData("POST", "accounts/default/suspend", null, 400)]
    [InlineData("POST", "accounts/nobody/suspend", null, 404)]
    [InlineData("PUT", "accounts/default/limits", """{"emailsPerDay":-1}""", 400)]
    [InlineData("PUT", "accounts/default/limits", """{"recipientsPerSecond":-1}""", 400)]
    [InlineData("POST", "keys", """{"name":"a","account":"nobody"}""", 404)]
    [InlineData("POST", "keys", """{"name":"a","domains":["no domain"]}""", 400)]
    [InlineData("POST", "keys", """{"name":"a","networks":["192.0.2.0/40"]}""", 400)]
    [InlineData("POST", "keys", """{"name":"a","expiresAt":"2001-01-01T00:00:00Z"}""", 400)]
    [InlineData("GET", "keys?account=nobody", null, 404)]
    [InlineData("PUT", "keys/a/limits", "{}", 404)]
    [InlineData("DELETE", "keys/a?account=nobody", null, 404)]
    [InlineData("POST", "domains", """{"name":"localhost"}""", 400)]
    [InlineData("POST", "domains", """{"name":"example.com","account":"nobody"}""", 404)]
    [InlineData("GET", "domains?account=nobody", null, 404)]
    [InlineData("POST", "domains/example.com/verify", null, 404)]
    [InlineData("PUT", "domains/example.com/limits", "{}", 404)]
    [InlineData("DELETE", "domains/example.com", null, 404)]
    public async Task Refuses_what_it_cannot_do(string method, string path, string? body, int status)
    {
        using var response = await _world.SendAsync(method, "/admin/v1/" + path, body);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Empty(await _world.Audit.ListAsync(null, 10, default));
    }

    [Fact]
    public async Task Keys_are_made_for_an_account_with_restrictions_and_shown_by_their_hint()
    {
        await DoesAsync("POST", "accounts", """{"name":"shop"}""");
        var made = await DoesAsync("POST", "keys", """{"name":"prod","scope":"full","account":"shop","domains":["example.com"],"networks":["192.0.2.0/24"],"expiresAt":"2031-01-01T00:00:00Z"}""");
        await DoesAsync("POST", "keys", """{"name":"prod"}""");
        await DoesAsync("PUT", "keys/prod/limits?account=shop", """{"emailsPerHour":3}""");

        var key = Assert.Single((await _world.GetAsync("/admin/v1/keys?account=shop", "admin")).GetProperty("entries").EnumerateArray());
        Assert.Equal(made.GetProperty("key").GetString()![..7], key.GetProperty("hint").GetString());
        Assert.Equal(("shop", "full", 3), (key.GetProperty("account").GetString(), key.GetProperty("scopes").GetString(), key.GetProperty("limits").GetProperty("emailsPerHour").GetInt32()));
        Assert.Equal("""["example.com"]""", key.GetProperty("senders").ToString());
        using var revoked = await _world.SendAsync("DELETE", "/admin/v1/keys/prod?account=shop");
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(2, (await _world.GetAsync("/admin/v1/keys", "admin")).GetProperty("entries").GetArrayLength());
    }

    [Fact]
    public async Task A_domain_is_made_checked_limited_and_removed()
    {
        var domain = await DoesAsync("POST", "domains", """{"name":"example.com"}""");
        Assert.Equal("notStarted", domain.GetProperty("status").GetString());
        Assert.Equal(7, domain.GetProperty("records").GetArrayLength());
        foreach (var record in domain.GetProperty("records").EnumerateArray().Where(record => record.GetProperty("type").GetString() == "TXT"))
        {
            _world.Zone.Txt(record.GetProperty("name").GetString()!, record.GetProperty("value").GetString()!);
        }

        var verified = await DoesAsync("POST", "domains/example.com/verify");
        Assert.Equal("success", verified.GetProperty("status").GetString());
        await DoesAsync("PUT", "domains/example.com/limits", """{"emailsPerDay":3,"recipientsPerDay":9}""");
        var listed = Assert.Single((await _world.GetAsync("/admin/v1/domains?account=default")).GetProperty("entries").EnumerateArray());
        Assert.Equal("default", listed.GetProperty("account").GetString());
        Assert.Equal((3, 9), (listed.GetProperty("limits").GetProperty("emailsPerDay").GetInt32(), listed.GetProperty("limits").GetProperty("recipientsPerDay").GetInt32()));
        using var removed = await _world.SendAsync("DELETE", "/admin/v1/domains/example.com");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Empty((await _world.GetAsync("/admin/v1/domains")).GetProperty("entries").EnumerateArray());
    }

    [Fact]
    public async Task The_operators_word_proves_a_domain_for_one_account_only()
    {
        await DoesAsync("POST", "accounts", """{"name":"shop"}""");
        var trusted = await DoesAsync("POST", "domains", """{"name":"example.com","trusted":true}""");

        Assert.Equal("success", trusted.GetProperty("status").GetString());
        Assert.Equal("success", (await DoesAsync("POST", "domains/example.com/verify")).GetProperty("status").GetString());
        using var second = await _world.SendAsync("POST", "/admin/v1/domains", """{"name":"example.com","account":"shop","trusted":true}""");
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Equal(["domain.trust", "account.create"], (await _world.Audit.ListAsync(null, 10, default)).Select(entry => entry.Action));
    }

    private async Task<JsonElement> DoesAsync(string method, string path, string? body = null)
    {
        using var response = await _world.SendAsync(method, "/admin/v1/" + path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
