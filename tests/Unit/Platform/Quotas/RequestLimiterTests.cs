using System.Text.Json;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class RequestLimiterTests
{
    [Fact]
    public async Task A_key_beyond_its_rate_is_told_when_to_come_back()
    {
        await using var world = await DomainWorld.StartAsync(DomainWorld.Options with { RequestsPerSecond = 2 });
        var (key, other) = (await world.KeyAsync(), await world.KeyAsync("other"));

        using var first = await world.SendAsync(key, "GET", "/domains");
        using var second = await world.SendAsync(key, "GET", "/domains");
        using var third = await world.SendAsync(key, "GET", "/domains");

        Assert.Equal([200, 200, 429], new[] { first, second, third }.Select(response => (int)response.StatusCode));
        Assert.Equal(["\"key\";r=1;t=1", "\"key\";r=0;t=1", "\"key\";r=0;t=1"], new[] { first, second, third }.Select(response => Header(response, "RateLimit")));
        Assert.Equal("\"key\";q=2;w=1", Header(first, "RateLimit-Policy"));
        Assert.Equal(("2", "1", "1"), (Header(first, "X-RateLimit-Limit"), Header(first, "X-RateLimit-Remaining"), Header(first, "X-RateLimit-Reset")));
        Assert.Equal("1", Header(third, "Retry-After"));
        Assert.Equal("RATE_LIMITED", JsonDocument.Parse(await third.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(200, (await world.CallAsync(other, "GET", "/domains")).Status);

        world.Time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(200, (await world.CallAsync(key, "GET", "/domains")).Status);
        Assert.Equal(429, (await world.CallAsync(key, "GET", "/domains")).Status);
    }

    [Fact]
    public async Task Errors_and_unknown_routes_count_and_tell_too()
    {
        await using var world = await DomainWorld.StartAsync(DomainWorld.Options with { RequestsPerSecond = 2 });
        var key = await world.KeyAsync();

        using var missing = await world.SendAsync(key, "GET", "/domains/9");
        using var nowhere = await world.SendAsync(key, "GET", "/nowhere");

        Assert.Equal(("1", "0"), (Header(missing, "X-RateLimit-Remaining"), Header(nowhere, "X-RateLimit-Remaining")));
        Assert.Equal(429, (await world.CallAsync(key, "GET", "/domains")).Status);
    }

    [Fact]
    public async Task A_keys_own_limit_goes_before_the_configured_one()
    {
        await using var world = await DomainWorld.StartAsync(DomainWorld.Options with { RequestsPerSecond = 1 });
        var (free, tight) = (
            await world.KeyAsync("free", limits: new SendLimits { RequestsPerSecond = 0 }), await world.KeyAsync("tight", limits: new SendLimits { RequestsPerSecond = 3 }));

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await world.CallAsync(free, "GET", "/domains")).Status);
            Assert.Equal(200, (await world.CallAsync(tight, "GET", "/domains")).Status);
        }

        using var unlimited = await world.SendAsync(free, "GET", "/domains");
        Assert.False(unlimited.Headers.Contains("RateLimit"));
        Assert.Equal(429, (await world.CallAsync(tight, "GET", "/domains")).Status);
    }

    [Fact]
    public async Task The_keys_of_an_account_share_its_limit()
    {
        await using var world = await DomainWorld.StartAsync(DomainWorld.Options with { RequestsPerSecond = 50 });
        await world.Get<AccountService>().LimitAsync("default", _ => new SendLimits { RequestsPerSecond = 2 }, AuditActor.Cli, default);
        var (one, two) = (await world.KeyAsync("one"), await world.KeyAsync("two"));

        await world.CallAsync(one, "GET", "/domains");
        using var last = await world.SendAsync(two, "GET", "/domains");
        using var refused = await world.SendAsync(two, "GET", "/domains");

        Assert.Equal("\"key\";q=50;w=1, \"account\";q=2;w=1", Header(last, "RateLimit-Policy"));
        Assert.Equal(("2", "0"), (Header(last, "X-RateLimit-Limit"), Header(last, "X-RateLimit-Remaining")));
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.Contains("the account may make 2 requests per second", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(200, (await world.CallAsync(await world.KeyAsync("elsewhere", account: 2), "GET", "/domains")).Status);
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));
}
