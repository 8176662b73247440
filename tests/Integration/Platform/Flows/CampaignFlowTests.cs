using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Campaigns end to end, and through kills.</summary>
public sealed class CampaignFlowTests(ApiRelay api) : IClassFixture<ApiRelay>
{
    private const int Contacts = 2_000;

    [Fact]
    public async Task Kills_in_its_middle_neither_skip_nor_repeat_anybody()
    {
        var book = await BookAsync(Contacts);
        var id = (await PostAsync("/campaigns", Body(book, ",\"sendNow\":true"))).Json.GetProperty("id").GetString();

        for (var kills = 0; kills < 3; kills++)
        {
            var seen = kills * 300;
            await Poll.UntilAsync("some are queued", async () => Queued(await api.GetAsync($"/campaigns/{id}")) > seen);
            await api.Relay.KillAsync();
            await api.Relay.StartAsync();
        }

        await Poll.UntilAsync("all are sent", async () =>
            (await api.GetAsync($"/campaigns/{id}")) is var campaign && campaign.GetProperty("status").GetString() == "COMPLETED" && campaign.GetProperty("sent").GetInt32() == Contacts);
        var campaign = await api.GetAsync($"/campaigns/{id}");
        Assert.Equal((Contacts, Contacts), (campaign.GetProperty("total").GetInt32(), Queued(campaign)));
        Assert.Equal(Contacts, (await api.GetAsync("/emails?limit=1")).GetProperty("count").GetInt32());
    }

    private static int Queued(System.Text.Json.JsonElement campaign) => campaign.GetProperty("progress").GetProperty("queued").GetInt32();

    private static string Body(string book, string more) =>
        "{\"name\":\"Spring\",\"from\":\"app@sender.test\",\"subject\":\"Hello\",\"contactBookId\":\"" + book
        + "\",\"html\":\"<p>Hi {{email}}</p><a href='{{usesend_unsubscribe_url}}'>leave</a>\"" + more + "}";

    private async Task<string> BookAsync(int contacts)
    {
        var book = (await PostAsync("/contactBooks", """{"name":"Readers"}""")).Json.GetProperty("id").GetString()!;
        foreach (var page in Enumerable.Range(0, contacts).Chunk(1_000))
        {
            var json = new StringBuilder("[").AppendJoin(',', page.Select(n => $$"""{"email":"reader{{n}}@dest.test"}""")).Append(']');
            Assert.Equal(200, (await PostAsync($"/contactBooks/{book}/contacts/bulk", json.ToString())).Status);
        }

        return book;
    }

    private Task<(int Status, System.Text.Json.JsonElement Json)> PostAsync(string path, string json) => api.PostAsync(path, json);
}
