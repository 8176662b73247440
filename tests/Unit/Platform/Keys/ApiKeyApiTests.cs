using System.Text.Json;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ApiKeyApiTests : IAsyncLifetime
{
    private DomainWorld _world = null!;
    private string _key = "";

    public async Task InitializeAsync()
    {
        _world = await DomainWorld.StartAsync();
        _key = await _world.KeyAsync();
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task A_key_makes_another_of_its_account_that_works_at_once_and_is_shown_once()
    {
        var (status, made) = await _world.CallAsync(_key, "POST", "/api-keys", new { name = "app", scope = "read", domains = new[] { "example.com" } });
        Assert.Equal(200, status);
        var clearText = made.GetProperty("key").GetString()!;
        Assert.Equal(clearText[..7], made.GetProperty("hint").GetString());

        Assert.Equal(200, (await _world.CallAsync(clearText, "GET", "/domains")).Status);
        Assert.Equal(403, (await _world.CallAsync(clearText, "GET", "/api-keys")).Status);
        var (_, list) = await _world.CallAsync(_key, "GET", "/api-keys");
        Assert.Equal(["test", "app"], list.EnumerateArray().Select(key => key.GetProperty("name").GetString()));
        Assert.All(list.EnumerateArray(), key => Assert.False(key.TryGetProperty("key", out _)));
        Assert.DoesNotContain(clearText, list.ToString(), StringComparison.Ordinal);
        Assert.Equal("key test", (await _world.Audit.ListAsync(null, 1, default))[0].Actor);
    }

    [Fact]
    public async Task A_revoked_key_ends_at_once()
    {
        var (_, made) = await _world.CallAsync(_key, "POST", "/api-keys", new { name = "app", scope = "full" });
        var path = $"/api-keys/{made.GetProperty("id")}";

        Assert.Equal(200, (await _world.CallAsync(_key, "DELETE", path)).Status);

        Assert.Equal(401, (await _world.CallAsync(made.GetProperty("key").GetString()!, "GET", "/domains")).Status);
        Assert.Equal(404, (await _world.CallAsync(_key, "DELETE", path)).Status);
        var (_, list) = await _world.CallAsync(_key, "GET", "/api-keys");
        Assert.Equal(JsonValueKind.String, list[1].GetProperty("revokedAt").ValueKind);
    }

    [Fact]
    public async Task Nothing_of_another_account_is_seen_or_revoked()
    {
        var stranger = await _world.KeyAsync(account: 2);
        var (_, mine) = await _world.CallAsync(_key, "GET", "/api-keys");
        var id = Assert.Single(mine.EnumerateArray()).GetProperty("id");

        var (status, foreign) = await _world.CallAsync(stranger, "DELETE", $"/api-keys/{id}");
        var (_, absent) = await _world.CallAsync(stranger, "DELETE", "/api-keys/999999");

        Assert.Equal((404, absent.ToString()), (status, foreign.ToString()));
        Assert.Single((await _world.CallAsync(stranger, "GET", "/api-keys")).Body.EnumerateArray());
        Assert.Equal(200, (await _world.CallAsync(_key, "GET", "/domains")).Status);
    }

    [Theory]
    [InlineData("""{}""", "name: is required")]
    [InlineData("""{"name":" "}""", "name: A name has 1 to 255 characters.")]
    [InlineData("""{"name":"a","scope":"admin"}""", "scope: Scopes are: full, send, read; several are separated by a space.")]
    [InlineData("""{"name":"a","domains":"example.com"}""", "domains: must be an array")]
    [InlineData("""{"name":"a","domains":["example.com",7]}""", "domains[1]: must be a string")]
    [InlineData("""{"name":"a","domains":["no domain"]}""", "domains: 'no domain' is neither an address nor a domain.")]
    [InlineData("""{"name":"a","networks":["192.0.2.0/40"]}""", "networks: '192.0.2.0/40' is neither a network nor an address.")]
    [InlineData("""{"name":"a","expiresAt":"tomorrow"}""", "expiresAt: must be a date-time with offset, such as 2030-01-31T12:00:00Z")]
    [InlineData("""{"name":"a","expiresAt":"2001-01-01T00:00:00Z"}""", "expiresAt: The expiry lies in the past.")]
    public async Task A_request_that_cannot_be_understood_names_the_field(string body, string message)
    {
        var (status, answer) = await _world.CallAsync(_key, "POST", "/api-keys", body);

        Assert.Equal((400, message), (status, answer.GetProperty("error").GetProperty("message").GetString()));
        Assert.Single(await _world.Credentials.ListAsync(null, default));
    }

    [Fact]
    public async Task A_taken_name_is_refused()
    {
        var (status, answer) = await _world.CallAsync(_key, "POST", "/api-keys", new { name = "test" });

        Assert.Equal((409, "NOT_UNIQUE"), (status, answer.GetProperty("error").GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("""{"name":"a","scope":"full"}""", "domains")]
    [InlineData("""{"name":"a","domains":["example.org"]}""", "domains")]
    [InlineData("""{"name":"a","domains":["joe@example.org"]}""", "domains")]
    [InlineData("""{"name":"a","domains":["example.com"]}""", null)]
    [InlineData("""{"name":"a","domains":["joe@example.com","info@example.net"]}""", null)]
    [InlineData("""{"name":"a","domains":["example.net"]}""", "domains")]
    public async Task A_restricted_key_makes_none_wider_than_itself(string body, string? beyond)
    {
        var key = await _world.KeyAsync("narrow", domains: ["example.com", "info@example.net"]);

        var (status, answer) = await _world.CallAsync(key, "POST", "/api-keys", body);

        Assert.Equal(beyond is null ? 200 : 403, status);
        if (beyond is not null)
        {
            Assert.StartsWith(beyond + ": ", answer.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_limited_key_makes_none_whose_limits_would_begin_anew()
    {
        var key = await _world.KeyAsync("limited", limits: new SendLimits { EmailsPerDay = 5 });

        var (status, answer) = await _world.CallAsync(key, "POST", "/api-keys", """{"name":"a"}""");

        Assert.Equal(403, status);
        Assert.StartsWith("this key has limits of its own", answer.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restricted_key_sees_and_revokes_only_keys_within_itself()
    {
        var narrow = await _world.KeyAsync("narrow", domains: ["example.com"]);
        var (_, all) = await _world.CallAsync(_key, "GET", "/api-keys");
        var wide = all.EnumerateArray().Single(key => key.GetProperty("name").GetString() == "test").GetProperty("id");

        Assert.Equal(404, (await _world.CallAsync(narrow, "DELETE", $"/api-keys/{wide}")).Status);
        Assert.Equal(["narrow"], (await _world.CallAsync(narrow, "GET", "/api-keys")).Body.EnumerateArray().Select(key => key.GetProperty("name").GetString()));
    }
}
