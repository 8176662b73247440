using Relay.Tests.Support;
using Xunit;
using static Relay.Tests.Integration.ApiFlowWorld;

namespace Relay.Tests.Integration;

/// <summary>What applications do with e-mails, from the call to the destination.</summary>
[Collection(ApiFlowCollection.Name)]
public sealed class SendingFlowTests(ApiFlowWorld flows)
{
    [Fact]
    public async Task Bcc_recipients_get_the_mail_and_nobody_sees_them()
    {
        var id = await flows.SendAsync("""{"from":"app@sender.test","to":"bcc-to@dest.test","cc":["bcc-cc@dest.test"],"bcc":["bcc-hidden@dest.test","bcc-other@dest.test"],"subject":"Secret","text":"x"}""");
        foreach (var name in (string[])["bcc-to", "bcc-cc", "bcc-hidden", "bcc-other"])
        {
            await flows.ArrivesAsync(name);
        }

        Assert.All(flows.Arrived("bcc-to"), m => Assert.DoesNotContain("hidden", m.Text, StringComparison.OrdinalIgnoreCase));
        Assert.All(flows.Arrived("bcc-hidden"), m => Assert.DoesNotContain("bcc-hidden@", m.Text, StringComparison.OrdinalIgnoreCase));
        Assert.All(flows.Arrived("bcc-hidden"), m => Assert.DoesNotContain("bcc-other@", m.Text, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(2, (await flows.Client.GetAsync($"/v1/emails/{id}"))["bcc"].AsArray().Count);
    }

    [Fact]
    public async Task A_batch_with_one_bad_item_sends_nothing()
    {
        var before = (await flows.Client.GetAsync("/v1/emails"))["count"].GetValue<int>();
        var answer = await flows.Client.PostAsync("/v1/emails/batch", $$"""[{{Email("batch-good")}},{"from":"app@sender.test","to":["batch-fine@dest.test","not an address"],"subject":"x","text":"y"}]""");
        Assert.Equal(400, answer.Status);
        var item = Assert.Single(answer.Body!["error"]!["items"]!.AsArray())!;
        Assert.Equal(1, item["index"]!.GetValue<int>());
        Assert.Contains("to[1]", item["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(before, (await flows.Client.GetAsync("/v1/emails"))["count"].GetValue<int>());
        await flows.SendAsync(Email("batch-after"));
        await flows.ArrivesAsync("batch-after");
        Assert.Empty(flows.Arrived("batch-good"));
    }

    [Fact]
    public async Task A_batch_of_a_hundred_answers_in_order()
    {
        var answer = await flows.Client.PostAsync("/v1/emails/batch", "[" + string.Join(',', Enumerable.Range(0, 100).Select(i => Email($"hundred{i}", $"No {i}"))) + "]");
        Assert.True(answer.Status == 200, answer.Text);
        var ids = answer["data"].AsArray().Select(e => e!["emailId"]!.GetValue<string>()).ToList();
        Assert.Equal(100, ids.Distinct().Count());
        Assert.Equal("No 42", (await flows.Client.GetAsync($"/v1/emails/{ids[42]}")).Word("subject"));
        await Poll.UntilAsync("all arrive", () => Enumerable.Range(0, 100).All(i => flows.Arrived($"hundred{i}").Count == 1));
        Assert.Equal(400, (await flows.Client.PostAsync("/v1/emails/batch", "[" + string.Join(',', Enumerable.Range(0, 101).Select(i => Email($"many{i}"))) + "]")).Status);
    }

    [Fact]
    public async Task An_unknown_recipient_bounces_with_the_reply_of_the_destination()
    {
        var id = await flows.SendAsync(Email("nobody"));
        await flows.BecomesAsync(id, "BOUNCED");
        var bounced = (await flows.Client.GetAsync($"/v1/emails/{id}"))["emailEvents"].AsArray().Single(e => e!["status"]!.GetValue<string>() == "BOUNCED")!;
        Assert.Contains("no such user", bounced["data"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("nobody@dest.test", bounced["data"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_report_is_mailed_to_the_application_for_a_bounce()
    {
        flows.World.Zone.Mx("sender.test", 10, "mx.dest.test");
        var id = await flows.SendAsync(Email("nobody-silent", "Silent"));
        await flows.BecomesAsync(id, "BOUNCED");
        await flows.SendAsync(Email("after-silent"));
        await flows.ArrivesAsync("after-silent");
        Assert.DoesNotContain(flows.World.Sink.Messages, m => m.Recipients.Contains("app@sender.test"));
    }

    [Fact]
    public async Task A_greylisted_mail_is_delayed_and_then_delivered()
    {
        var id = await flows.SendAsync(Email("greylisted-one"));
        await flows.BecomesAsync(id, "DELIVERED");
        Assert.Equal(["QUEUED", "DELIVERY_DELAYED", "SENT", "DELIVERED"], await flows.StatusesAsync(id));
    }

    [Fact]
    public async Task A_suppressed_recipient_is_left_out_and_told()
    {
        var (exitCode, output) = await flows.World.Relay.RunAsync("suppression", "add", "unwanted@dest.test");
        Assert.True(exitCode == 0, output);
        var id = await flows.SendAsync("""{"from":"app@sender.test","to":["unwanted@dest.test","wanted@dest.test"],"subject":"x","text":"y"}""");
        await flows.BecomesAsync(id, "DELIVERED");
        Assert.Contains("SUPPRESSED", await flows.StatusesAsync(id));
        Assert.Empty(flows.Arrived("unwanted"));
        Assert.Single(flows.Arrived("wanted"));
    }

    [Fact]
    public async Task Attachments_arrive_octet_by_octet()
    {
        var octets = new byte[100_000];
        new Random(7).NextBytes(octets);
        await flows.SendAsync(Email("attached", more: $$""","attachments":[{"filename":"data.bin","content":"{{Convert.ToBase64String(octets)}}"},{"filename":"größe €.pdf","content":"JVBERg=="}]"""));
        await flows.ArrivesAsync("attached");
        var message = Mail.MimeReader.Read(flows.Arrived("attached")[0].Content);
        var parts = message.OwnParts().Where(p => p.FileName is not null).ToList();
        Assert.Equal(["data.bin", "größe €.pdf"], parts.Select(p => p.FileName!));
        Assert.Equal(octets, parts[0].GetContent());
        Assert.Equal("application/pdf", parts[1].MediaType);
    }

    [Fact]
    public async Task An_answer_stands_in_the_thread()
    {
        var first = await flows.SendAsync(Email("thread-one"));
        var second = await flows.SendAsync(Email("thread-two", more: $$""","inReplyToId":"{{first}}" """));
        var third = await flows.SendAsync(Email("thread-three", more: $$""","inReplyToId":"{{second}}" """));
        Assert.NotEqual(second, third);
        await flows.ArrivesAsync("thread-three");
        await flows.ArrivesAsync("thread-one");
        await flows.ArrivesAsync("thread-two");
        var ids = new[] { "thread-one", "thread-two" }.Select(name => Mail.MimeReader.Read(flows.Arrived(name)[0].Content).Header.Value("Message-ID")!.Trim()).ToList();
        var last = Mail.MimeReader.Read(flows.Arrived("thread-three")[0].Content).Header;
        Assert.Equal(ids[1], last.Value("In-Reply-To")!.Trim());
        Assert.Equal(ids, last.Value("References")!.Split((char[])[' ', '\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Unicode_travels_in_every_field()
    {
        await flows.SendAsync("""{"from":"Jürgen Größe <app@sender.test>","to":"Zoë 🎉 <unicode@dest.test>","subject":"Grüße 🎉 und ein sehr langer Betreff, der gefaltet werden muss, weil er mehr als eine Zeile braucht","html":"<p>Schöne Grüße 🎉</p>"}""");
        await flows.ArrivesAsync("unicode");
        var message = Mail.MimeReader.Read(flows.Arrived("unicode")[0].Content);
        Assert.Contains("Grüße 🎉 und ein sehr langer", message.Header.Find("Subject")!.Text, StringComparison.Ordinal);
        Assert.Contains("Jürgen Größe", message.Header.Find("From")!.Text, StringComparison.Ordinal);
        Assert.Contains(message.OwnParts(), p => p.MediaType == "text/plain" && p.GetText().Contains("Schöne Grüße 🎉", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_header_cannot_be_smuggled_in()
    {
        foreach (var body in (string[])[
            Email("smuggled", "Hello\\r\\nBcc: evil@dest.test"),
            Email("smuggled", more: ""","headers":{"X-A":"b\r\nBcc: evil@dest.test"}"""),
            Email("smuggled", more: ""","headers":{"X-A\r\nBcc":"evil@dest.test"}"""),
            """{"from":"App\r\nBcc: evil@dest.test <app@sender.test>","to":"smuggled@dest.test","subject":"x","text":"y"}""",
            Email("smuggled", more: ""","attachments":[{"filename":"a\r\nBcc: evil@dest.test","content":"QQ=="}]""")])
        {
            var answer = await flows.Client.PostAsync("/v1/emails", body);
            Assert.True(answer.Status == 400, $"{answer.Status} for {body}: {answer.Text}");
            Assert.Equal("BAD_REQUEST", answer.Code);
        }

        Assert.Empty(flows.Arrived("evil"));
    }

    [Fact]
    public async Task A_read_key_looks_but_does_not_send()
    {
        using var reader = await flows.World.ClientAsync("reader", "read");
        using var sender = await flows.World.ClientAsync("sender", "send");
        Assert.Equal(200, (await reader.GetAsync("/v1/emails")).Status);
        Assert.Equal(403, (await reader.PostAsync("/v1/emails", Email("by-reader"))).Status);
        Assert.Equal(200, (await sender.PostAsync("/v1/emails", Email("by-sender"))).Status);
        Assert.Equal(403, (await sender.PostAsync("/v1/domains", """{"name":"x.test","region":"y"}""")).Status);
        var (exitCode, output) = await flows.World.Relay.RunAsync("key", "revoke", "sender");
        Assert.True(exitCode == 0, output);
        var refused = await sender.PostAsync("/v1/emails", Email("by-sender"));
        Assert.Equal((401, "UNAUTHORIZED"), (refused.Status, refused.Code));
    }
}
