using System.Net;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class RouteEndpointsTests : IAsyncLifetime
{
    private AdminWorld _world = null!;

    public async Task InitializeAsync() => _world = await AdminWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Explains_the_route_of_the_mail_it_is_told()
    {
        var answer = await _world.GetAsync("/admin/v1/routes/explain?to=bob@example.net&from=app@example.com&user=shop&tag=a&tag=b&account=7&stream=broadcast");

        Assert.Equal("smarthost", answer.GetProperty("kind").GetString());
        Assert.Equal("192.0.2.1", answer.GetProperty("hosts")[0].GetProperty("addresses")[0].GetProperty("address").GetString());
        var asked = _world.Asked!;
        Assert.Equal(("bob@example.net", "app@example.com", "shop", 7L, MailStream.Broadcast), (asked.Recipient.ToString(), asked.Sender!.ToString(), asked.User, asked.AccountId, asked.Stream));
        Assert.Equal(["a", "b"], asked.Tags);
    }

    [Fact]
    public async Task Without_a_sender_the_reverse_path_is_null()
    {
        await _world.GetAsync("/admin/v1/routes/explain?to=bob@example.net");

        Assert.Null(_world.Asked!.Sender);
        Assert.Equal((1L, MailStream.Transactional), (_world.Asked.AccountId, _world.Asked.Stream));
    }

    [Theory]
    [InlineData("")]
    [InlineData("to=nobody")]
    [InlineData("to=bob@example.net&from=nobody")]
    [InlineData("to=bob@example.net&stream=slow")]
    [InlineData("to=bob@example.net&stream=broadcast,transactional")]
    public async Task Refuses_what_is_no_question(string query)
    {
        using var response = await _world.SendAsync("GET", "/admin/v1/routes/explain?" + query);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task The_status_shows_sources_and_counts_a_resting_one_as_unwell()
    {
        _world.Resting = "192.0.2.9 not on this machine";

        var status = await _world.GetAsync("/admin/v1/status");

        Assert.Equal("a.example.com", status.GetProperty("sources")[0].GetProperty("reverseNames")[0].GetProperty("name").GetString());
        var egress = status.GetProperty("health").EnumerateArray().Single(p => p.GetProperty("name").GetString() == "egress");
        Assert.False(egress.GetProperty("healthy").GetBoolean());
        Assert.Contains("not on this machine", egress.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }
}
