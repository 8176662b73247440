using System.Net;
using System.Text;
using Relay.Platform.Emails;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Every bad field is refused by its name, and nothing is made of the request.</summary>
public sealed class BadEmailTests : IAsyncLifetime
{
    private EmailApi _api = null!;

    public async Task InitializeAsync() => _api = await EmailApi.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Theory]
    [InlineData("from", "5", "must be a string")]
    [InlineData("from", "\"\"", "must not be empty")]
    [InlineData("from", "\"nobody\"", "is not an e-mail address")]
    [InlineData("from", "[\"a@example.com\"]", "must be a string")]
    [InlineData("from", "\"a@example.com, b@example.com\"", "is not an e-mail address")]
    [InlineData("from", "\"A\\r\\nBcc: x <a@example.com>\"", "must be one line")]
    [InlineData("from", "\"a@[192.0.2.1]\"", "must have a domain")]
    [InlineData("from", "\"\\ud800 <a@example.com>\"", "is not valid Unicode")]
    [InlineData("to", "[]", "is missing")]
    [InlineData("to", "null", "is missing")]
    [InlineData("to", "{}", "must be a string or an array of strings")]
    [InlineData("to[1]", "[\"a@example.com\",7]", "must be a string")]
    [InlineData("to[1]", "[\"a@example.com\",null]", "must be a string")]
    [InlineData("to[0]", "[\"a@@example.com\"]", "is not an e-mail address")]
    [InlineData("to[0]", "[[]]", "must be a string")]
    [InlineData("cc", "true", "must be a string or an array of strings")]
    [InlineData("bcc[0]", "[\"x\"]", "is not an e-mail address")]
    [InlineData("replyTo", "\"x\"", "is not an e-mail address")]
    [InlineData("subject", "\"\"", "must not be empty")]
    [InlineData("subject", "null", "is missing")]
    [InlineData("subject", "{}", "must be a string")]
    [InlineData("subject", "\"a\\nb\"", "must be one line")]
    [InlineData("subject", "\"a\\u0000b\"", "must not contain NUL")]
    [InlineData("subject", "\"\\udc00\"", "is not valid Unicode")]
    [InlineData("text", "\"\"", "must not be empty")]
    [InlineData("text", "[]", "must be a string")]
    [InlineData("html", "0", "must be a string")]
    [InlineData("html", "\"a\\u0000\"", "must not contain NUL")]
    [InlineData("headers", "[]", "must be an object")]
    [InlineData("headers.X-A", "{\"X-A\":1}", "must be a string")]
    [InlineData("headers.X-A", "{\"X-A\":null}", "must be a string")]
    [InlineData("headers.X-A", "{\"X-A\":\"\"}", "must not be empty")]
    [InlineData("headers.X-A", "{\"X-A\":\"a\\r\\nBcc: b@example.com\"}", "must be one line")]
    [InlineData("headers.X-A", "{\"X-A\":\"1\",\"X-A\":\"2\"}", "is given twice")]
    [InlineData("headers.x-a", "{\"X-A\":\"1\",\"x-a\":\"2\"}", "is given twice")]
    [InlineData("headers.X A", "{\"X A\":\"1\"}", "is not a header field name")]
    [InlineData("headers.X:", "{\"X:\":\"1\"}", "is not a header field name")]
    [InlineData("headers.from", "{\"from\":\"x@example.com\"}", "is written by the server")]
    [InlineData("headers.DKIM-Signature", "{\"DKIM-Signature\":\"v=1\"}", "is written by the server")]
    [InlineData("headers.Content-Type", "{\"Content-Type\":\"text/html\"}", "is written by the server")]
    [InlineData("headers.Received", "{\"Received\":\"x\"}", "is written by the server")]
    [InlineData("headers.Message-ID", "{\"Message-ID\":\"<x@y>\"}", "is written by the server")]
    [InlineData("attachments", "{}", "must be an array")]
    [InlineData("attachments[0]", "[null]", "must be an object")]
    [InlineData("attachments[0]", "[\"x\"]", "must be an object")]
    [InlineData("attachments[0].filename", "[{\"content\":\"aGk=\"}]", "is missing")]
    [InlineData("attachments[0].filename", "[{\"filename\":\"\",\"content\":\"aGk=\"}]", "must not be empty")]
    [InlineData("attachments[0].content", "[{\"filename\":\"x\"}]", "is missing")]
    [InlineData("attachments[0].content", "[{\"filename\":\"x\",\"content\":\"\"}]", "must not be empty")]
    [InlineData("attachments[0].content", "[{\"filename\":\"x\",\"content\":4}]", "must be a string of base64")]
    [InlineData("attachments[0].content", "[{\"filename\":\"x\",\"content\":\"aGk\"}]", "is not base64")]
    [InlineData("attachments[0].content", "[{\"filename\":\"x\",\"content\":\"aGk=aGk=\"}]", "is not base64")]
    [InlineData("attachments[0].content", "[{\"filename\":\"x\",\"content\":\"aG_-\"}]", "is not base64")]
    [InlineData("attachments[0].content", "[{\"filename\":\"x\",\"content\":\"data:;base64,aGk=\"}]", "is not base64")]
    [InlineData("attachments[0].contentType", "[{\"filename\":\"x\",\"content\":\"aGk=\",\"contentType\":\"image\"}]", "must be a media type")]
    [InlineData("attachments[0].contentType", "[{\"filename\":\"x\",\"content\":\"aGk=\",\"contentType\":\"multipart/mixed\"}]", "must be a media type")]
    [InlineData("attachments[0].contentId", "[{\"filename\":\"x\",\"content\":\"aGk=\",\"contentId\":\"a b\"}]", "must be ASCII")]
    [InlineData("attachments[1].contentId", "[{\"filename\":\"x\",\"content\":\"aGk=\",\"contentId\":\"a\"},{\"filename\":\"y\",\"content\":\"aGk=\",\"contentId\":\"<a>\"}]", "is that of an earlier")]
    [InlineData("scheduledAt", "\"tomorrow\"", "must be a date-time with offset")]
    [InlineData("scheduledAt", "\"2030-01-01T00:00:00\"", "must be a date-time with offset")]
    [InlineData("scheduledAt", "\"2030-02-30T00:00:00Z\"", "must be a date-time with offset")]
    [InlineData("scheduledAt", "1893456000000", "must be a string")]
    [InlineData("expiresAt", "\"tomorrow\"", "must be a date-time with offset")]
    [InlineData("expiresAt", "\"2001-01-01T00:00:00Z\"", "is over already")]
    [InlineData("expiresAt", "\"2999-01-01T00:00:00Z\"", "is more than 30 days ahead")]
    [InlineData("expiresIn", "4", "must be a string")]
    [InlineData("expiresIn", "\"soon\"", "must be a duration such as 4h")]
    [InlineData("expiresIn", "\"h\"", "must be a duration such as 4h")]
    [InlineData("expiresIn", "\"-4h\"", "must be a duration such as 4h")]
    [InlineData("expiresIn", "\"0s\"", "must be from 1s to 30d")]
    [InlineData("expiresIn", "\"31d\"", "must be from 1s to 30d")]
    [InlineData("expiresIn", "\"2147483647d\"", "must be from 1s to 30d")]
    [InlineData("scheduledAt", "\"2999-01-01T00:00:00Z\"", "may lie a year ahead at most")]
    [InlineData("variables", "[]", "must be an object")]
    [InlineData("variables.a", "{\"a\":1}", "must be a string")]
    [InlineData("tags", "\"x\"", "must be an array")]
    [InlineData("tags[0]", "[5]", "must be a string")]
    [InlineData("tags[0]", "[null]", "must be a string")]
    [InlineData("tags", "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\"]", "may hold 10 tags")]
    [InlineData("stream", "\"bulk\"", "must be transactional or broadcast")]
    [InlineData("trackOpens", "\"yes\"", "must be true or false")]
    [InlineData("trackClicks", "1", "must be true or false")]
    public async Task Names_the_field(string field, string value, string problem)
    {
        var member = field.Split('.', '[')[0];

        var reply = await _api.SendAsync(Email(member, value));

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal("BAD_REQUEST", reply.Code);
        Assert.StartsWith($"{field}: ", reply.Message, StringComparison.Ordinal);
        Assert.Contains(problem, reply.Message, StringComparison.Ordinal);
        await NothingWasMadeAsync();
    }

    [Theory]
    [InlineData("subject", 998)]
    [InlineData("templateId", 255)]
    [InlineData("inReplyToId", 255)]
    public async Task Lengths_are_bounded(string field, int max)
    {
        var tooLong = await _api.SendAsync(Email(field, $"\"{new string('é', max + 1)}\""));
        var escaped = await _api.SendAsync(Email(field, $"\"{string.Concat(Enumerable.Repeat("\\u00e9", max + 1))}\""));
        var longest = await _api.SendAsync(Email(field, $"\"{new string('é', max)}\""));

        Assert.StartsWith($"{field}: may have {max} characters at most", tooLong.Message, StringComparison.Ordinal);
        Assert.Equal(tooLong.Text, escaped.Text);
        Assert.True(longest.Status is HttpStatusCode.OK or HttpStatusCode.NotFound, longest.Text);
    }

    [Fact]
    public async Task Recipients_are_bounded_together_and_alone()
    {
        var thirty = Addresses(30);
        var together = await _api.SendAsync($$"""{"from":"a@example.com","to":{{thirty}},"cc":{{thirty}},"subject":"s","text":"t"}""");
        var alone = await _api.SendAsync(Email("bcc", Addresses(51)));
        var most = await _api.SendAsync(Email("to", Addresses(50)));

        Assert.StartsWith("to: to, cc and bcc may hold 50 recipients together; these are 60", together.Message, StringComparison.Ordinal);
        Assert.StartsWith("bcc: may hold 50 addresses", alone.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, most.Status);
    }

    [Fact]
    public async Task Attachments_headers_tags_and_variables_are_counted()
    {
        var eleven = string.Join(',', Enumerable.Repeat("""{"filename":"x","content":"aGk="}""", 11));
        var headers = string.Join(',', Enumerable.Range(0, 51).Select(i => $"\"X-{i}\":\"v\""));
        var variables = string.Join(',', Enumerable.Range(0, 201).Select(i => $"\"v{i}\":\"v\""));

        Assert.StartsWith("attachments: may hold 10 attachments", (await _api.SendAsync(Email("attachments", $"[{eleven}]"))).Message, StringComparison.Ordinal);
        Assert.StartsWith("headers: may hold 50 members", (await _api.SendAsync(Email("headers", $"{{{headers}}}"))).Message, StringComparison.Ordinal);
        Assert.StartsWith("variables: may hold 200 members", (await _api.SendAsync(Email("variables", $"{{{variables}}}"))).Message, StringComparison.Ordinal);
        Assert.StartsWith("tags[0]: may have 64", (await _api.SendAsync(Email("tags", $"[\"{new string('x', 65)}\"]"))).Message, StringComparison.Ordinal);
        Assert.StartsWith("headers.X: needs a space", (await _api.SendAsync(Email("headers", $"{{\"X\":\"{new string('x', 901)}\"}}"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "the body is empty")]
    [InlineData("[]", "the body must be a JSON object")]
    [InlineData("\"x\"", "the body must be a JSON object")]
    [InlineData("null", "the body must be a JSON object")]
    [InlineData("{", "the body is not valid JSON")]
    [InlineData("{\"a\":1}}", "the body is not valid JSON")]
    [InlineData("{'a':1}", "the body is not valid JSON")]
    [InlineData("{}", "from: is missing")]
    [InlineData("{\"from\":\"a@example.com\",\"from\":\"b@example.com\"}", "from: is given twice")]
    [InlineData("{\"from\":\"a@example.com\"}", "to: is missing")]
    [InlineData("{\"from\":\"a@example.com\",\"to\":\"b@example.com\"}", "subject: is missing")]
    [InlineData("{\"from\":\"a@example.com\",\"to\":\"b@example.com\",\"subject\":\"s\"}", "html: is missing")]
    [InlineData("{\"from\":\"a@example.com\",\"to\":\"b@example.com\",\"subject\":\"s\",\"text\":null,\"html\":null}", "html: is missing")]
    public async Task A_body_that_is_no_email_is_refused(string body, string message)
    {
        var reply = await _api.SendAsync(body);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith(message, reply.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "the body must be a JSON array")]
    [InlineData("[]", "a batch must hold at least one")]
    [InlineData("[5]", "[0]: must be an object")]
    [InlineData("[null]", "[0]: must be an object")]
    public async Task A_body_that_is_no_batch_is_refused(string body, string message) =>
        Assert.StartsWith(message, (await _api.BatchAsync(body)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Nesting_without_end_is_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"x\":", 200)) + "1" + new string('}', 200);

        Assert.StartsWith("the body is not valid JSON", (await _api.SendAsync(deep)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Octets_that_are_not_utf8_are_refused_by_field()
    {
        using var content = new ByteArrayContent([.. "{\"from\":\"a@example.com\",\"to\":\"b@example.net\",\"subject\":\""u8, 0xff, 0xfe, .. "\",\"text\":\"t\"}"u8]);
        content.Headers.ContentType = new("application/json");

        var reply = await _api.CallAsync(HttpMethod.Post, "/emails", null, content: content);

        Assert.StartsWith("subject: is not valid Unicode", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_plain_json_is_read()
    {
        using var form = new StringContent("from=a", Encoding.UTF8, "application/x-www-form-urlencoded");
        using var packed = new StringContent("{}", Encoding.UTF8, "application/json");
        packed.Headers.ContentEncoding.Add("gzip");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await _api.CallAsync(HttpMethod.Post, "/emails", null, content: form)).Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await _api.CallAsync(HttpMethod.Post, "/emails", null, content: packed)).Status);
    }

    [Fact]
    public async Task Of_a_batch_every_bad_email_is_told_and_none_is_sent()
    {
        const string Good = """{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t"}""";

        var reply = await _api.BatchAsync($$"""[{{Good}},{"from":"a@example.com","to":["x@example.com","y"],"subject":"s","text":"t"},{{Good}},{}]""");

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        var items = reply.Json.GetProperty("error").GetProperty("items").EnumerateArray()
            .Select(item => (item.GetProperty("index").GetInt32(), item.GetProperty("message").GetString()!)).ToList();
        Assert.Equal([1, 3], items.Select(item => item.Item1));
        Assert.StartsWith("[1].to[1]: ", items[0].Item2, StringComparison.Ordinal);
        Assert.StartsWith("[3].from: ", items[1].Item2, StringComparison.Ordinal);
        await NothingWasMadeAsync();
    }

    [Fact]
    public async Task A_batch_of_101_is_refused()
    {
        var items = string.Join(',', Enumerable.Repeat("""{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t"}""", EmailLimits.MaxBatch + 1));

        Assert.StartsWith("a batch may hold 100", (await _api.BatchAsync($"[{items}]")).Message, StringComparison.Ordinal);
        await NothingWasMadeAsync();
    }

    private async Task NothingWasMadeAsync()
    {
        Assert.Equal(0, (await _api.GetAsync("/emails")).Json.GetProperty("count").GetInt32());
        Assert.Empty(await _api.Stores.Outbox.ReadAsync(0, 10, CancellationToken.None));
    }

    private static string Addresses(int count) => $"[{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"r{i}@example.net\""))}]";

    // A good e-mail but for one member.
    private static string Email(string member, string value)
    {
        var members = new Dictionary<string, string>
        {
            ["from"] = "\"a@example.com\"",
            ["to"] = "\"b@example.net\"",
            ["subject"] = "\"s\"",
            ["text"] = "\"t\"",
            [member] = value,
        };
        return $"{{{string.Join(',', members.Select(pair => $"\"{pair.Key}\":{pair.Value}"))}}}";
    }
}
