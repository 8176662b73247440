using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Campaigns as the unmodified npm client sees them.</summary>
public sealed class CampaignClientTests(ApiRelay api) : IClassFixture<ApiRelay>
{
    [NodeFact]
    public async Task The_npm_client_makes_moves_and_deletes_campaigns()
    {
        var result = JsonDocument.Parse(await SubmissionRelay.RunAsync("node", [NodeFactAttribute.Script("campaigns.mjs"), api.Url, api.ApiKey])).RootElement;

        foreach (var name in (string[])["created", "got", "scheduled", "paused", "resumed", "listed", "deleted", "sent"])
        {
            Assert.True(result.GetProperty(name).GetProperty("error").ValueKind == JsonValueKind.Null, $"{name}: {result.GetProperty(name)}");
        }

        Assert.Equal(("DRAFT", "SCHEDULED"), (Data("created").Word("status"), Data("deleted").Word("status")));
        Assert.True(Data("scheduled").GetProperty("success").GetBoolean());
        Assert.Equal(Data("created").Word("id"), Data("listed").GetProperty("campaigns")[0].Word("id"));
        Assert.Equal(("NOT_FOUND", "BAD_REQUEST"), (Code("gone"), Code("bad")));
        await Poll.UntilAsync("the campaign is sent", async () =>
            (await api.GetAsync($"/campaigns/{Data("sent").Word("id")}")) is var campaign && campaign.Word("status") == "COMPLETED" && campaign.GetProperty("sent").GetInt32() == 1);

        JsonElement Data(string name) => result.GetProperty(name).GetProperty("data");
        string Code(string name) => result.GetProperty(name).GetProperty("error").GetProperty("error").Word("code")!;
    }
}
