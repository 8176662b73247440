using System.Net;
using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ShapingEndpointsTests : IAsyncLifetime
{
    private AdminWorld _world = null!;

    public async Task InitializeAsync()
    {
        _world = await AdminWorld.StartAsync();
        var now = _world.Shaping.Now = _world.Time.GetUtcNow();
        await _world.Shaping.Store.AppendAsync(
            [
                Decision("yahoo", now, now.AddHours(1)) with { Connections = 3, Rate = new MessageRate(20, TimeSpan.FromMinutes(1)) },
                Decision("google", now, now),
            ],
            CancellationToken.None);
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Lists_decisions_with_reason_and_end()
    {
        var list = await _world.GetAsync("/admin/v1/shaping/decisions");

        var entries = list.GetProperty("entries");
        Assert.Equal(["google", "yahoo"], entries.EnumerateArray().Select(e => e.GetProperty("site").GetString()));
        Assert.Equal(
            ("limited", true, 3, "20/m", "421 4.7.0 slow down"),
            (entries[1].GetProperty("act").GetString(), entries[1].GetProperty("active").GetBoolean(), entries[1].GetProperty("connections").GetInt32(),
                entries[1].GetProperty("rate").GetString(), entries[1].GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Lists_those_in_force_alone_where_asked()
    {
        var list = await _world.GetAsync("/admin/v1/shaping/decisions?active=true");

        Assert.Equal("yahoo", Assert.Single(list.GetProperty("entries").EnumerateArray()).GetProperty("site").GetString());
    }

    [Fact]
    public async Task Ends_one_once_and_keeps_a_record_of_who_did()
    {
        using var ended = await _world.SendAsync("DELETE", "/admin/v1/shaping/decisions/1");
        using var again = await _world.SendAsync("DELETE", "/admin/v1/shaping/decisions/1");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (ended.StatusCode, again.StatusCode));
        Assert.Contains(await _world.Audit.ListAsync(null, 10, CancellationToken.None), entry => entry is { Action: "shaping.end", Target: "1 r" });
    }

    [Theory]
    [InlineData("GET", "/admin/v1/shaping/decisions?limit=501", HttpStatusCode.BadRequest)]
    [InlineData("DELETE", "/admin/v1/shaping/decisions/99", HttpStatusCode.NotFound)]
    public async Task Says_what_is_wrong(string method, string path, HttpStatusCode expected)
    {
        using var response = await _world.SendAsync(method, path);

        Assert.Equal(expected, response.StatusCode);
    }

    private static ShapingDecision Decision(string site, DateTimeOffset at, DateTimeOffset until) => new()
    {
        Act = ShapingAct.Limited,
        At = at,
        Until = until,
        Site = site,
        Source = "a",
        Rule = "r",
        Reason = "421 4.7.0 slow down",
    };
}
