using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>The e-mail API as the unmodified npm client sees it, and its messages as two independent parsers read them.</summary>
public sealed class EmailClientTests : IClassFixture<ApiRelay>
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ApiRelay _api;

    public EmailClientTests(ApiRelay api) => _api = api;

    [NodeFact]
    public async Task The_npm_client_sends_batches_moves_cancels_and_reads_errors()
    {
        var result = JsonDocument.Parse(await SubmissionRelay.RunAsync("node", [NodeFactAttribute.Script("usesend.mjs"), _api.Url, _api.ApiKey])).RootElement;

        foreach (var name in (string[])["sent", "react", "batch", "batchAgain", "keyed", "scheduled", "answer", "updated", "got", "cancelled",
            "domain", "domains", "domainGot", "domainVerified", "series", "reputation", "domainDeleted"])
        {
            Assert.True(result.GetProperty(name).GetProperty("error").ValueKind == JsonValueKind.Null, $"{name}: {result.GetProperty(name)}");
        }

        Assert.Equal(3, result.GetProperty("batch").GetProperty("data").GetArrayLength());
        Assert.Equal(result.GetProperty("batch").GetRawText(), result.GetProperty("batchAgain").GetRawText());
        Assert.Equal(
            ("NOT_UNIQUE", "NOT_FOUND", "BAD_REQUEST", "BAD_REQUEST", "BAD_REQUEST", "UNAUTHORIZED", "NOT_FOUND"),
            (Code("keyedOther"), Code("unknown"), Code("cancelledAgain"), Code("bad"), Code("badBatch"), Code("stranger"), Code("template")));
        var got = result.GetProperty("got").GetProperty("data");
        Assert.Equal(result.Word("later"), got.Word("scheduledAt"));
        Assert.Equal("SCHEDULED", got.GetProperty("emailEvents")[0].Word("status"));
        Assert.Equal("client.example.com", result.GetProperty("domainGot").GetProperty("data").Word("name"));
        Assert.NotEmpty(result.GetProperty("series").GetProperty("data").GetProperty("result").EnumerateArray());
        Assert.Equal("NOT_FOUND", Code("domainGone"));
        Assert.Equal(Id("scheduled"), Id("updated"));

        await _api.ReachesAsync(Id("sent"), "SENT");
        await _api.ReachesAsync(Id("scheduled"), "CANCELLED");
        var answer = await SourceAsync("bob@example.net", Id("answer"));
        Assert.Contains($"In-Reply-To: <{Id("sent")}@example.com>", answer, StringComparison.Ordinal);
        var rendered = await _api.GetAsync($"/emails/{Id("react")}");
        Assert.Contains("Rendered by", rendered.Word("html"), StringComparison.Ordinal);

        // The client hands the whole answer on as its error.
        string Code(string name) => result.GetProperty(name).GetProperty("error").GetProperty("error").Word("code")!;
        string Id(string name) => result.GetProperty(name).GetProperty("data").Word("emailId")!;
    }

    [NodeFact]
    public async Task Two_parsers_read_in_the_message_what_the_client_gave()
    {
        var first = Convert.ToBase64String([0, 1, 2, 253, 254, 255]);
        var long1 = string.Concat(Enumerable.Repeat("Zeile mit Umläuten äöü und einer sehr langen Fortsetzung ohne Umbruch; ", 40));
        var body = JsonSerializer.Serialize(new
        {
            from = "\"Größe, GmbH & Co\" <sender@example.com>",
            to = new[] { "Bob \"the\" Builder <parsed@example.net>", "数字 <two@example.net>" },
            cc = "three@example.net",
            bcc = "hidden@example.net",
            replyTo = "Antwort <answer@example.com>",
            subject = string.Concat(Enumerable.Repeat("Grüße 🎉 und noch mehr davon, ", 8)).Trim(),
            text = $"Hello ✓\n.dot\nFrom the start\n{long1}",
            html = $"<p>Hello ✓ {long1}</p>\n<img src=\"cid:logo@x\">",
            headers = new Dictionary<string, string> { ["X-Order"] = "order 7" },
            attachments = new object[]
            {
                new { filename = "ein sehr langer Dateiname mit Umläuten äöü und noch viel mehr Text darin – 数.pdf", content = first },
                new { filename = "logo.png", content = Convert.ToBase64String(new byte[100_000]), contentId = "logo@x" },
                new { filename = "data.csv", content = Convert.ToBase64String("a,b\r\n1,2\r\n"u8), contentType = "text/csv; charset=utf-8" },
            },
        });
        var (status, answer) = await _api.PostAsync("/emails", body);
        Assert.True(status == 200, answer.ToString());
        await _api.ReachesAsync(answer.Word("emailId")!, "SENT");

        using var folder = new TemporaryFolder();
        var file = folder.File("message.eml");
        await File.WriteAllBytesAsync(file, await _api.Relay.RawAsync(await _api.Relay.ReachesAsync("parsed@example.net", "captured")));
        var byNode = JsonDocument.Parse(await SubmissionRelay.RunAsync("node", [NodeFactAttribute.Script("parse.mjs"), file])).RootElement;
        var script = Path.Combine(TestData.Root, "tests", "Integration", "Platform", "parse.py");
        var byPython = JsonDocument.Parse(await SubmissionRelay.RunAsync("python3", [script, file])).RootElement;

        foreach (var parsed in (JsonElement[])[byNode, byPython])
        {
            Assert.Equal("""[["Größe, GmbH & Co","sender@example.com"]]""", Text(parsed, "from"));
            Assert.Equal("""[["Bob the Builder","parsed@example.net"],["数字","two@example.net"]]""", Text(parsed, "to"));
            Assert.Equal("""[["","three@example.net"]]""", Text(parsed, "cc"));
            Assert.Equal("""[["Antwort","answer@example.com"]]""", Text(parsed, "replyTo"));
            var sent = JsonDocument.Parse(body).RootElement;
            Assert.Equal(sent.Word("subject"), parsed.Word("subject"));
            Assert.Equal("order 7", parsed.Word("order"));
            Assert.Equal(sent.Word("text")!.Trim(), parsed.Word("text"));
            Assert.Equal(sent.Word("html")!.Trim(), parsed.Word("html"));
            var attachments = parsed.GetProperty("attachments").EnumerateArray().Select(one => one.EnumerateArray().Select(part => part.GetString()).ToList()).ToList();
            Assert.Equal(["data.csv", "ein sehr langer Dateiname mit Umläuten äöü und noch viel mehr Text darin – 数.pdf", "logo.png"], attachments.Select(one => one[0]));
            Assert.Equal(["text/csv", "application/pdf", "image/png"], attachments.Select(one => one[1]));
            Assert.Equal(["YSxiDQoxLDINCg==", first, Convert.ToBase64String(new byte[100_000])], attachments.Select(one => one[3]));
            Assert.Equal("logo@x", attachments[2][2]!.Trim('<', '>'));
            Assert.DoesNotContain("hidden", parsed.GetRawText(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_idempotency_key_holds_across_kill_and_restart()
    {
        await using var own = new Disposing(new ApiRelay());
        var api = own.Api;
        await api.InitializeAsync();
        const string Body = """{"from":"a@example.com","to":"once@example.net","subject":"s","text":"t"}""";
        var first = await api.PostAsync("/emails", Body, "order-1");
        await api.Relay.KillAsync();
        await api.Relay.StartAsync();
        var parallel = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => api.PostAsync("/emails", Body, "order-1")));

        Assert.Equal(200, first.Status);
        Assert.All(parallel, again => Assert.Equal((200, first.Json.GetRawText()), (again.Status, again.Json.GetRawText())));
        Assert.Equal(1, (await api.GetAsync("/emails")).GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Large_requests_pass_up_to_the_limit_and_larger_ones_are_told_so()
    {
        var file = Convert.ToBase64String(new byte[11_000_000]);
        var large = $$"""{"from":"a@example.com","to":"large@example.net","subject":"s","text":"t","attachments":[{"filename":"x","content":"{{file}}"}]}""";
        var three = string.Join(',', Enumerable.Repeat(large, 3));

        var (status, sent) = await _api.PostAsync("/emails", large);
        var (tooLarge, batch) = await _api.PostAsync("/emails/batch", $"[{three}]");

        Assert.True(status == 200, sent.ToString());
        await _api.ReachesAsync(sent.Word("emailId")!, "SENT");
        Assert.Equal((413, "PAYLOAD_TOO_LARGE"), (tooLarge, batch.GetProperty("error").Word("code")));
    }

    private async Task<string> SourceAsync(string recipient, string id)
    {
        var entry = await _api.Relay.ReachesAsync(recipient, "captured");
        Assert.NotNull(entry.Word("messageId"));
        var bytes = await _api.Relay.GetBytesAsync($"/admin/v1/messages/{id}/raw");
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    private static string Text(JsonElement parsed, string name) =>
        JsonSerializer.Serialize(parsed.GetProperty(name), Readable);

    private sealed class Disposing(ApiRelay api) : IAsyncDisposable
    {
        public ApiRelay Api { get; } = api;

        public async ValueTask DisposeAsync() => await Api.DisposeAsync();
    }
}
