using Relay.Tests.Support;
using Xunit;
using static Relay.Tests.Integration.ApiFlowWorld;

namespace Relay.Tests.Integration;

/// <summary>Idempotency-Key: the same request again is the same e-mail, whatever happens in between.</summary>
[Collection(ApiFlowCollection.Name)]
public sealed class IdempotencyFlowTests(ApiFlowWorld flows)
{
    [Fact]
    public async Task A_hundred_calls_at_once_send_one_mail()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => flows.Client.PostAsync("/v1/emails", Email("idem-many"), "many-1")));
        Assert.All(answers, a => Assert.True(a.Status is 200 or 409, a.Text));
        Assert.Single(answers.Where(a => a.Status == 200).Select(a => a.Word("emailId")).Distinct());
        Assert.DoesNotContain(answers, a => a.Code == "NOT_UNIQUE");
        await flows.ArrivesAsync("idem-many");
        await flows.SendAsync(Email("idem-after"));
        await flows.ArrivesAsync("idem-after");
        Assert.Single(flows.Arrived("idem-many"));
    }

    [Fact]
    public async Task Holds_across_a_kill()
    {
        var first = await flows.Client.PostAsync("/v1/emails", Email("idem-kill"), "kill-1");
        await flows.World.Relay.KillAsync();
        await flows.World.Relay.StartAsync();
        var again = await flows.Client.PostAsync("/v1/emails", Email("idem-kill"), "kill-1");
        Assert.Equal(first.Word("emailId"), again.Word("emailId"));
        await flows.ArrivesAsync("idem-kill");
        await Poll.UntilAsync("settled", async () => (await flows.StatusesAsync(first.Word("emailId"))).Contains("DELIVERED"));
    }

    [Fact]
    public async Task Another_body_under_the_same_key_is_refused()
    {
        Assert.Equal(200, (await flows.Client.PostAsync("/v1/emails", Email("idem-body", "One"), "body-1")).Status);
        var other = await flows.Client.PostAsync("/v1/emails", Email("idem-body", "Two"), "body-1");
        Assert.Equal((409, "NOT_UNIQUE"), (other.Status, other.Code));
        var batch = await flows.Client.PostAsync("/v1/emails/batch", $"[{Email("idem-body", "One")}]", "body-1");
        Assert.Equal(409, batch.Status);
    }

    [Fact]
    public async Task The_same_body_written_otherwise_is_the_same()
    {
        var first = await flows.Client.PostAsync("/v1/emails", """{"from":"a@sender.test","to":"idem-form@dest.test","subject":"ü","text":"y"}""", "form-1");
        var second = await flows.Client.PostAsync("/v1/emails", """{ "text": "y", "subject": "\u00fc", "to": "idem-form@dest.test", "from": "a@sender.test" }""", "form-1");
        Assert.Equal(first.Word("emailId"), second.Word("emailId"));
    }

    [Fact]
    public async Task A_refused_request_does_not_use_up_its_key()
    {
        Assert.Equal(400, (await flows.Client.PostAsync("/v1/emails", Email("idem-bad\\u0000"), "bad-1")).Status);
        Assert.Equal(200, (await flows.Client.PostAsync("/v1/emails", Email("idem-good"), "bad-1")).Status);
    }

    [Fact]
    public async Task A_batch_is_repeated_whole()
    {
        var body = $"[{Email("idem-b1")},{Email("idem-b2")}]";
        var first = await flows.Client.PostAsync("/v1/emails/batch", body, "batch-1");
        var second = await flows.Client.PostAsync("/v1/emails/batch", body, "batch-1");
        Assert.Equal(first["data"].ToJsonString(), second["data"].ToJsonString());
    }

    [Fact]
    public async Task The_key_itself_is_bounded()
    {
        Assert.Equal(200, (await flows.Client.PostAsync("/v1/emails", Email("idem-long"), new string('k', 256))).Status);
        Assert.Equal(400, (await flows.Client.PostAsync("/v1/emails", Email("idem-long"), new string('k', 257))).Status);
    }

    [Fact]
    public async Task Keys_of_different_accounts_do_not_meet()
    {
        var (exitCode, output) = await flows.World.Relay.RunAsync("account", "add", "idem-others");
        Assert.True(exitCode == 0, output);
        using var other = await flows.World.ClientAsync("idem-other", "full", "--account", "idem-others");
        var mine = await flows.Client.PostAsync("/v1/emails", Email("idem-mine"), "shared-1");
        var theirs = await other.PostAsync("/v1/emails", Email("idem-theirs"), "shared-1");
        Assert.Equal((200, 200), (mine.Status, theirs.Status));
        Assert.NotEqual(mine.Word("emailId"), theirs.Word("emailId"));
        Assert.Equal(404, (await other.GetAsync($"/v1/emails/{mine.Word("emailId")}")).Status);
    }
}
