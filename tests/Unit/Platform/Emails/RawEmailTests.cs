using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Relay.Mail;
using Relay.Platform.Tracking;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Messages that their client composed.</summary>
public sealed class RawEmailTests : IAsyncLifetime
{
    private const string Message =
        "From: App <a@example.com>\r\nTo: Bob <b@example.net>\r\nCc: c@example.net\r\nBcc: d@example.org,\r\n e@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
        + "Message-ID: <own@example.com>\r\nDate: Tue, 1 Jan 2030 00:00:00 +0000\r\nX-Own: kept as it is\r\n\r\nHello.\r\n";

    private const string Html =
        "From: a@example.com\r\nTo: b@example.net\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        + "preamble\r\n--x\r\nContent-Type: text/plain\r\n\r\nplain\r\n--x\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-ID: <h>\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + "<p>Gr=FC=DFe</p>\r\n--x\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=a.html\r\n\r\n<p>attached</p>\r\n--x--\r\nepilogue\r\n";

    private EmailApi _api = null!;

    public async Task InitializeAsync() => _api = await EmailApi.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Goes_as_it_is_without_bcc_to_everyone_it_names()
    {
        var id = await SentAsync(Json(Message));

        Assert.Equal(Message.Replace("Bcc: d@example.org,\r\n e@example.org\r\n", string.Empty, StringComparison.Ordinal), await _api.SourceAsync(id));
        var details = await _api.MessageAsync(id);
        Assert.Equal(["b@example.net", "c@example.net", "d@example.org", "e@example.org"], details.Recipients.Select(r => r.Address.ToString()).Order());
        Assert.Equal(("a@example.com", "<own@example.com>", BodyType.SevenBit), (details.Message.ReversePath.ToString(), details.Message.MessageId, details.Message.BodyType));
        var told = (await _api.GetAsync($"/emails/{id}")).Json;
        Assert.Equal(("Grüße", "App <a@example.com>", "QUEUED"), (Word(told, "subject"), Word(told, "from"), Word(told, "latestStatus")));
        Assert.Equal("""["d@example.org","e@example.org"]""", told.GetProperty("bcc").GetRawText());
        Assert.Equal("Hello.\r\n", Word(told, "text"));
    }

    [Fact]
    public async Task As_message_rfc822_it_is_the_body_and_the_rest_stands_in_the_query()
    {
        const string query = "?to=x@example.net&to=Y+%3Cy@example.net%3E&from=bounce@example.com&tag=a&tag=b&stream=broadcast&scheduledAt=2999-01-01T00:00:00Z";
        var late = await RawAsync(query, Message);
        Assert.Equal((HttpStatusCode.BadRequest, "scheduledAt: may lie a year ahead at most"), (late.Status, late.Message));

        var reply = await RawAsync(query.Replace("2999", _api.Now.AddMonths(6).Year.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal), Message);

        var details = await _api.MessageAsync(Word(reply.Json, "emailId"));
        Assert.Equal(["x@example.net", "y@example.net"], details.Recipients.Select(r => r.Address.ToString()).Order());
        Assert.Equal(("bounce@example.com", MailStream.Broadcast), (details.Message.ReversePath.ToString(), details.Message.Stream));
        Assert.Equal(["a", "b"], details.Message.Tags);
    }

    [Fact]
    public async Task What_the_header_block_asks_for_is_done_and_taken_out_unless_the_request_says_otherwise()
    {
        const string fields = "X-Relay-Tag: one, two\r\nX-Relay-Stream: broadcast\r\n";
        var id = await SentAsync(Json(fields + Message));
        var other = await SentAsync(Json(fields + Message, """,  "tags":["mine"],"stream":"transactional" """));

        Assert.DoesNotContain("X-Relay", await _api.SourceAsync(id), StringComparison.Ordinal);
        var (message, changed) = ((await _api.MessageAsync(id)).Message, (await _api.MessageAsync(other)).Message);
        Assert.Equal(["one", "two"], message.Tags);
        Assert.Equal((MailStream.Broadcast, MailStream.Transactional), (message.Stream, changed.Stream));
        Assert.Equal(["mine"], changed.Tags);
    }

    [Fact]
    public async Task Expiry_and_priority_of_the_header_block_are_obeyed_and_taken_out()
    {
        const string fields = "X-Relay-Expires: 4h\r\nX-Relay-Priority: high\r\n";
        var id = await SentAsync(Json(fields + Message));
        var other = await SentAsync(Json(fields + Message, """,  "expiresIn":"1h" """));
        var query = Word((await RawAsync("?expiresIn=30m", Message)).Json, "emailId");

        Assert.DoesNotContain("X-Relay", await _api.SourceAsync(id), StringComparison.Ordinal);
        var (message, changed, asked) = ((await _api.MessageAsync(id)).Message, (await _api.MessageAsync(other)).Message, (await _api.MessageAsync(query)).Message);
        Assert.Equal((TimeSpan.FromHours(4), MessagePriority.High), (message.ExpiresAt - message.AcceptedAt, message.Priority));
        Assert.Equal(TimeSpan.FromHours(1), changed.ExpiresAt - changed.AcceptedAt);
        Assert.Equal(TimeSpan.FromMinutes(30), asked.ExpiresAt - asked.AcceptedAt);
        Assert.Equal("expiresIn: must be from 1s to 30d", (await RawAsync("?expiresIn=31d", Message)).Message);
    }

    [Fact]
    public async Task Line_feeds_become_line_ends_and_missing_fields_are_added()
    {
        var id = await SentAsync(Json("From: a@example.com\nTo: b@example.net\n\nHé\n"));

        var source = await _api.SourceAsync(id);
        Assert.EndsWith($"Message-ID: <{id}@example.com>\r\nFrom: a@example.com\r\nTo: b@example.net\r\n\r\nHé\r\n", source, StringComparison.Ordinal);
        Assert.StartsWith("Date: ", source, StringComparison.Ordinal);
        var message = (await _api.MessageAsync(id)).Message;
        Assert.Equal((BodyType.EightBitMime, false), (message.BodyType, message.SmtpUtf8));
    }

    [Fact]
    public async Task A_key_means_the_same_in_either_form_and_in_the_message()
    {
        var first = await SentAsync(Json(Message), "order-7");
        Assert.Equal(first, await SentAsync(Json(Message), "order-7"));
        Assert.Equal(first, Word((await RawAsync(string.Empty, Message, "order-7")).Json, "emailId"));
        Assert.Equal("NOT_UNIQUE", (await PostAsync(Json(Message + "more"), "order-7")).Code);
        Assert.Equal("NOT_UNIQUE", (await PostAsync(Json(Message, ""","to":"z@example.net" """), "order-7")).Code);

        var named = await SentAsync(Json("Idempotency-Key: order-8\r\n" + Message));
        Assert.NotEqual(first, named);
        Assert.Equal(named, await SentAsync(Json("Idempotency-Key: order-8\r\n" + Message)));
        Assert.DoesNotContain("Idempotency", await _api.SourceAsync(named), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_block_of_which_fields_would_be_lost_is_refused()
    {
        var many = string.Concat(Enumerable.Repeat("X-A: b\r\n", HeaderBlock.MaxFields));
        var message = Message.Replace("X-Own: kept as it is\r\n", many + "From: ceo@example.org\r\n", StringComparison.Ordinal);

        Assert.Equal("message: has more than 10000 header fields", (await PostAsync(Json(message))).Message);
    }

    [Fact]
    public async Task Html_is_tracked_only_where_it_is_asked_for_and_nothing_else_changes()
    {
        _api.Tracking = new TrackingChoice(true, true);
        Assert.Equal(Html, await ContentAsync(await SentAsync(Json(Html))));

        var id = await SentAsync(Json(Html, ""","trackOpens":true,"to":["b@example.net","c@example.net"] """));

        Assert.Equal(2, (await _api.MessageAsync(id)).Variants.Count);
        for (var i = 0; i < 2; i++)
        {
            var entity = await _api.EntityAsync(id, i);
            var recipient = (await _api.MessageAsync(id)).Recipients[i].Address;
            var html = entity.Children[1];
            Assert.Contains($"<p>Grüße</p><!-- {id} {recipient} -->", html.GetText(), StringComparison.Ordinal);
            Assert.Equal(("h", "quoted-printable", "utf-8"), (html.ContentId, html.TransferEncoding, html.ContentType["charset"]));
            Assert.Equal(("plain", "<p>attached</p>"), (entity.Children[0].GetText().Trim(), entity.Children[2].GetText().Trim()));
            Assert.EndsWith("--x--\r\nepilogue\r\n", await _api.SourceAsync(id, i), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("multipart/signed; boundary=x")]
    [InlineData("multipart/encrypted; boundary=x")]
    public async Task What_is_signed_or_encrypted_is_never_tracked(string type)
    {
        var signed = Html.Replace("multipart/mixed; boundary=x", type, StringComparison.Ordinal);

        var id = await SentAsync(Json(signed, ""","trackOpens":true,"trackClicks":true"""));

        Assert.Equal(signed, await ContentAsync(id));
    }

    [Theory]
    [InlineData("{}", "message: is missing")]
    [InlineData("[]", "the body must be a JSON object")]
    [InlineData("{", "the body is not valid JSON (line 1")]
    [InlineData("""{"message":"a"}""", "message: is not base64")]
    [InlineData("""{"message":7}""", "message: must be a string of base64")]
    [InlineData("""{"message":""}""", "message: is missing")]
    [InlineData("""{"message":"YQ==","to":7}""", "to: must be a string or an array of strings")]
    [InlineData("""{"message":"YQ==","to":["nobody"]}""", "to[0]: is not an e-mail address")]
    [InlineData("""{"message":"YQ==","trackOpens":"yes"}""", "trackOpens: must be true or false")]
    [InlineData("""{"message":"YQ==","message":"YQ=="}""", "message: is given twice")]
    public async Task A_request_that_is_wrong_is_refused_by_field(string json, string problem)
    {
        var reply = await PostAsync(json);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith(problem, reply.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("To: b@example.net\r\n\r\nx", "message: needs exactly one From field")]
    [InlineData("From: a@example.com\r\nTo: b@example.net\r\nno field\r\nFrom: ceo@example.org\r\n\r\nx", "message: has a line in its header block that is no field")]
    [InlineData("From: a@example.com\r\nTo: b@example.net\r\nX y: z\r\nBcc: c@example.org\r\n\r\nx", "message: has a line in its header block that is no field")]
    [InlineData("From: a@example.com, \"ceo@example.org\": ;\r\nTo: b@example.net\r\n\r\nx", "message: has a From field that is not an address with a domain")]
    [InlineData("From: =?utf-8?q?ceo=40example.org?=: a@example.com;\r\nTo: b@example.net\r\n\r\nx", "message: has a From field that is not an address with a domain")]
    [InlineData("From: a@example.com\r\nSender: ceo@example.org.\r\nTo: b@example.net\r\n\r\nx", "message: has a Sender field with something that is not an address")]
    [InlineData("From: a@example.com\r\nFrom: b@example.com\r\nTo: b@example.net\r\n\r\nx", "message: needs exactly one From field")]
    [InlineData("From: nobody\r\nTo: b@example.net\r\n\r\nx", "message: has a From field that is not an address with a domain")]
    [InlineData("From: a@example.com\r\nSubject: s\r\n\r\nx", "to: there is nobody to send to")]
    [InlineData("From: a@example.com\r\nTo: ?!?\r\n\r\nx", "to: there is nobody to send to")]
    [InlineData("From: a@example.com\r\nTo: b@example.net\r\n\r\nx\ry", "message: holds a CR without LF, or a NUL")]
    [InlineData("From: a@example.com\r\nTo: b@example.net\r\n\r\nx\0y", "message: holds a CR without LF, or a NUL")]
    [InlineData("X-Relay-Schedule: soon\r\nFrom: a@example.com\r\nTo: b@example.net\r\n\r\nx", "message: X-Relay-Schedule: must be a time with its offset")]
    public async Task A_message_that_cannot_be_sent_is_refused(string message, string problem)
    {
        var reply = await PostAsync(Json(message));

        Assert.Equal((HttpStatusCode.BadRequest, "BAD_REQUEST"), (reply.Status, reply.Code));
        Assert.StartsWith(problem, reply.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await _api.GetAsync("/emails")).Json.GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("From: a@example.com\r\nTo: b@example.net\r\n\r\nx", "boss@evil.test")]
    [InlineData("From: boss@evil.test\r\nTo: b@example.net\r\n\r\nx", null)]
    [InlineData("From: a@example.com, boss@evil.test\r\nTo: b@example.net\r\n\r\nx", null)]
    [InlineData("From: a@example.com\r\nSender: boss@evil.test\r\nTo: b@example.net\r\n\r\nx", null)]
    public async Task Every_sender_must_be_one_the_key_may_use(string message, string? from)
    {
        _api.Credential = _api.Credential with { AllowedSenders = ["example.com"] };

        var reply = await PostAsync(Json(message, from is null ? string.Empty : $",\"from\":\"{from}\""));

        Assert.Equal((HttpStatusCode.Forbidden, "from: this API key may not send as boss@evil.test"), (reply.Status, reply.Message));
    }

    [Fact]
    public async Task Only_json_and_a_message_are_taken()
    {
        using var content = new StringContent("x", Encoding.UTF8, "text/plain");

        var reply = await _api.CallAsync(HttpMethod.Post, "/emails/mime", null, content: content);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, reply.Status);
    }

    [Fact]
    public async Task A_message_beyond_the_limit_is_refused()
    {
        await _api.DisposeAsync();
        _api = await EmailApi.StartAsync(options => options with { MaxMessageBytes = 1000 });

        var reply = await PostAsync(Json(Message + new string('x', 1000)));

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE"), (reply.Status, reply.Code));
    }

    private static string Json(string message, string more = "") =>
        $$"""{"message":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(message))}}"{{more}}}""";

    private static string Word(System.Text.Json.JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private async Task<string> SentAsync(string json, string? key = null)
    {
        var reply = await PostAsync(json, key);
        return reply.Status == HttpStatusCode.OK ? Word(reply.Json, "emailId") : throw new InvalidOperationException(reply.Text);
    }

    private Task<Reply> PostAsync(string json, string? key = null) => _api.CallAsync(HttpMethod.Post, "/emails/mime", json, key);

    private async Task<Reply> RawAsync(string query, string message, string? key = null)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(message));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("message/rfc822");
        return await _api.CallAsync(HttpMethod.Post, "/emails/mime" + query, null, key, content: content);
    }

    // Without what is prepended: Date and Message-ID.
    private async Task<string> ContentAsync(string id)
    {
        var source = await _api.SourceAsync(id);
        return source[source.IndexOf("From: ", StringComparison.Ordinal)..];
    }
}
