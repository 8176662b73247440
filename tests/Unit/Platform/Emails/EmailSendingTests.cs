using System.Globalization;
using System.Net;
using System.Text;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Templates;
using Relay.Platform.Tracking;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class EmailSendingTests : IAsyncLifetime
{
    private EmailApi _api = null!;

    public async Task InitializeAsync() => _api = await EmailApi.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Every_field_arrives_in_message_envelope_and_row()
    {
        var id = await _api.SentAsync("""
            {
              "from": "Größe GmbH <a@bücher.example>", "to": ["Bob <b@example.net>", "c@example.net"], "cc": "d@example.org", "bcc": ["e@example.org"],
              "replyTo": "answer@example.com", "subject": "Grüße 🎉", "html": "<p>Hi <a href='https://example.com/x'>there</a></p>", "text": null,
              "headers": {"X-Order": "7", "List-Unsubscribe": "<mailto:u@example.com>"}, "tags": ["welcome", "welcome", "a b"], "stream": "broadcast",
              "attachments": [{"filename": "näme.txt", "content": "aGVs\nbG8="}, {"filename": "l.png", "content": "AAECAw\u003d\u003D", "contentId": "<logo>"}],
              "unknown": {"deep": [1, {"x": null}]}
            }
            """);

        var details = await _api.MessageAsync(id);
        var message = details.Message;
        Assert.Equal((Door.Http, 7L, MailStream.Broadcast, "192.0.2.44"), (message.Door, message.CredentialId, message.Stream, message.ClientAddress));
        Assert.Equal(["welcome", "a b"], message.Tags);
        Assert.Equal("a@xn--bcher-kva.example", message.ReversePath.ToString());
        Assert.Equal($"<{id}@xn--bcher-kva.example>", message.MessageId);
        Assert.Equal(
            ["b@example.net", "c@example.net", "d@example.org", "e@example.org"], details.Recipients.Select(r => r.Address.ToString()).Order());
        Assert.All(details.Recipients, r => Assert.Equal(DsnNotify.Never, r.Notify));

        var source = await _api.SourceAsync(id);
        var entity = MimeReader.Read(Encoding.UTF8.GetBytes(source));
        Assert.DoesNotContain("e@example.org", source, StringComparison.Ordinal);
        Assert.DoesNotContain("Received", source, StringComparison.Ordinal);
        Assert.Equal("Größe GmbH <a@xn--bcher-kva.example>", entity.Header.Text("From"));
        Assert.Equal(["b@example.net", "c@example.net"], entity.Header.Addresses("To").Select(to => to.Mailbox.ToString()));
        Assert.Equal(("d@example.org", "answer@example.com", "7"), (entity.Header.Text("Cc"), entity.Header.Text("Reply-To"), entity.Header.Text("X-Order")));
        Assert.Equal(1, entity.Header.Count("Date"));
        Assert.Equal("multipart/mixed", entity.MediaType);
        Assert.Equal(["text/plain", "text/html", "image/png", "text/plain"], Leaves(entity).Select(part => part.MediaType));
        Assert.Equal("Hi there (https://example.com/x)", Leaves(entity)[0].GetText().Trim());
        Assert.Equal(("logo", "inline"), (Leaves(entity)[2].ContentId, Leaves(entity)[2].Disposition));
        Assert.Equal([0, 1, 2, 3], Leaves(entity)[2].GetContent());
        Assert.Equal(("näme.txt", "hello"), (Leaves(entity)[3].FileName, Encoding.ASCII.GetString(Leaves(entity)[3].GetContent())));

        var told = (await _api.GetAsync($"/emails/{id}")).Json;
        Assert.Equal("Größe GmbH <a@bücher.example>", told.GetProperty("from").GetString());
        Assert.Equal("""["Bob <b@example.net>","c@example.net"]""", told.GetProperty("to").GetRawText());
        Assert.Equal("\"d@example.org\"", told.GetProperty("cc").GetRawText());
        Assert.Equal("null", told.GetProperty("text").GetRawText());
        Assert.Equal(1, told.GetProperty("teamId").GetInt64());
    }

    [Fact]
    public async Task An_address_beyond_ascii_needs_smtputf8()
    {
        var message = (await _api.MessageAsync(await _api.SentAsync("""{"from":"ä@example.com","to":"ö@example.net","subject":"s","text":"t"}"""))).Message;
        var plain = (await _api.MessageAsync(await _api.SentAsync())).Message;

        Assert.True(message.SmtpUtf8);
        Assert.Equal(BodyType.EightBitMime, message.BodyType);
        Assert.False(plain.SmtpUtf8);
    }

    [Fact]
    public async Task A_recipient_named_twice_gets_it_once()
    {
        var id = await _api.SentAsync("""{"from":"a@example.com","to":["b@example.net","B <b@EXAMPLE.net>"],"cc":"b@example.net","subject":"s","text":"t"}""");

        Assert.Single((await _api.MessageAsync(id)).Recipients);
    }

    [Fact]
    public async Task A_domain_that_another_account_has_proved_may_not_send_though_others_need_no_proof()
    {
        await using var lax = await EmailApi.StartAsync(options => options with { RequireVerifiedDomains = false });
        lax.Domains.Add(Domain(1, "example.com", DomainStatus.Success));
        lax.Domains.Add(Domain(1, "pending.example", DomainStatus.Pending));

        var refused = await lax.SendAsync(From("a@example.com"), account: 2);
        Assert.Equal((HttpStatusCode.Forbidden, "from: the domain example.com of the from address is another account's"), (refused.Status, refused.Message));
        Assert.Equal(HttpStatusCode.OK, (await lax.SendAsync(From("a@example.com"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await lax.SendAsync(From("a@pending.example"), account: 2)).Status);
    }

    [Fact]
    public async Task Only_verified_domains_of_the_account_may_send()
    {
        await using var strict = await EmailApi.StartAsync(options => options with { RequireVerifiedDomains = true });
        strict.Domains.Add(Domain(1, "example.com", DomainStatus.Success));
        strict.Domains.Add(Domain(1, "pending.example", DomainStatus.Pending));

        Assert.Equal(HttpStatusCode.OK, (await strict.SendAsync(From("a@example.com"))).Status);
        foreach (var sender in (string[])["a@sub.example.com", "a@pending.example", "a@other.example"])
        {
            var refused = await strict.SendAsync(From(sender));
            Assert.Equal((HttpStatusCode.BadRequest, "BAD_REQUEST"), (refused.Status, refused.Code));
            Assert.StartsWith("from: the domain ", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await strict.SendAsync(From("a@example.com"), account: 2)).Status);
    }

    [Fact]
    public async Task A_key_for_some_senders_sends_and_acts_for_no_others()
    {
        var id = await _api.SentAsync("""{"from":"a@other.example","to":"b@example.net","subject":"s","text":"t","scheduledAt":"2030-06-01T00:00:00Z"}""");
        _api.Credential = _api.Credential with { AllowedSenders = ["example.com"] };

        var refused = await _api.SendAsync(From("a@other.example"));

        Assert.Equal((HttpStatusCode.Forbidden, "FORBIDDEN"), (refused.Status, refused.Code));
        Assert.Equal(HttpStatusCode.OK, (await _api.SendAsync(From("a@example.com"))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await _api.CallAsync(HttpMethod.Post, $"/emails/{id}/cancel", "{}")).Status);
    }

    [Theory]
    [InlineData("\"expiresIn\":\"90s\"", "00:01:30")]
    [InlineData("\"expiresIn\":\"30d\"", "30.00:00:00")]
    [InlineData("\"expiresAt\":\"2030-01-02T12:00:00+00:00\"", null)]
    public async Task Gives_up_when_its_sender_says(string field, string? life)
    {
        var id = await _api.SentAsync($$"""{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t",{{field}}}""");

        var message = (await _api.MessageAsync(id)).Message;
        var expected = life is null ? DateTimeOffset.Parse("2030-01-02T12:00:00Z", CultureInfo.InvariantCulture) : message.AcceptedAt + TimeSpan.Parse(life, CultureInfo.InvariantCulture);
        Assert.Equal(expected, message.ExpiresAt);
    }

    [Fact]
    public async Task The_time_to_live_counts_from_the_scheduled_time_and_stays_when_that_is_moved()
    {
        var id = await _api.SentAsync("""{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t","scheduledAt":"2030-06-01T00:00:00Z","expiresIn":"2h"}""");
        Assert.Equal(new DateTimeOffset(2030, 6, 1, 2, 0, 0, TimeSpan.Zero), (await _api.MessageAsync(id)).Message.ExpiresAt);

        await _api.CallAsync(HttpMethod.Patch, $"/emails/{id}", """{"scheduledAt":"2030-07-01T00:00:00Z"}""");

        Assert.Equal(new DateTimeOffset(2030, 7, 1, 2, 0, 0, TimeSpan.Zero), (await _api.MessageAsync(id)).Message.ExpiresAt);
    }

    [Fact]
    public async Task Two_words_on_when_to_give_up_are_one_too_many()
    {
        var refused = await _api.SendAsync("""{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t","expiresIn":"2h","expiresAt":"2030-01-02T12:00:00Z"}""");

        Assert.Equal((HttpStatusCode.BadRequest, "expiresIn: is given beside expiresAt; one of them says it"), (refused.Status, refused.Message));
    }

    [Fact]
    public async Task An_answer_continues_the_thread()
    {
        var first = await _api.SentAsync();
        var second = await _api.SentAsync(Answer(first));
        var third = await _api.SentAsync(Answer(second));

        var header = (await _api.EntityAsync(third)).Header;
        Assert.Equal($"<{second}@example.com>", header.Value("In-Reply-To"));
        Assert.Equal([$"{first}@example.com", $"{second}@example.com"], MessageIdField.ParseList(header.Value("References")!));
        foreach (var unknown in (string[])["nothing", QueueId.New(_api.Now).ToString()])
        {
            var refused = await _api.SendAsync(Answer(unknown));
            Assert.Equal((HttpStatusCode.NotFound, "NOT_FOUND"), (refused.Status, refused.Code));
            Assert.StartsWith("inReplyToId: ", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await _api.SendAsync(Answer(first), account: 2)).Status);
    }

    [Fact]
    public async Task A_long_thread_keeps_its_first_and_last_references()
    {
        var first = await _api.SentAsync();
        var last = first;
        for (var i = 0; i < 55; i++)
        {
            last = await _api.SentAsync(Answer(last));
        }

        var ids = MessageIdField.ParseList((await _api.EntityAsync(last)).Header.Value("References")!);
        Assert.Equal(50, ids.Count);
        Assert.Equal($"{first}@example.com", ids[0]);
        Assert.Equal((await _api.EntityAsync(last)).Header.Value("In-Reply-To"), $"<{ids[^1]}>");
    }

    [Fact]
    public async Task What_is_accepted_is_counted_and_a_quota_is_for_all_of_a_batch_or_none()
    {
        const string One = """{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t"}""";
        _api.Quota = 3;
        await _api.SentAsync(One);
        Assert.Equal(2, _api.Quota);

        var refused = await _api.BatchAsync($"[{One},{One},{One}]");
        Assert.Equal(429, (int)refused.Status);
        Assert.Equal(2, _api.Quota);
        Assert.Equal(1, (await _api.GetAsync("/emails")).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_template_fills_what_the_request_leaves_open()
    {
        _api.Templates["t1"] = new RenderResult { Subject = "Hello {{name}}", Html = "<b>from template</b>" };
        _api.Templates["broken"] = new RenderResult { Fault = new RenderFault(RenderFaultKind.RenderingFailed, "line 3: nothing closes {{#if}}") };

        var rendered = (await _api.GetAsync("/emails/" + await _api.SentAsync(Template("t1")))).Json;
        var missing = await _api.SendAsync(Template("t2"));
        var broken = await _api.SendAsync(Template("broken"));

        Assert.Equal(("Hello Ann line", "<b>from template</b>"), (rendered.GetProperty("subject").GetString(), rendered.GetProperty("html").GetString()));
        Assert.Equal((HttpStatusCode.NotFound, "templateId: template 't2' not found"), (missing.Status, missing.Message));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "UNPROCESSABLE"), (broken.Status, broken.Code));
    }

    [Fact]
    public async Task A_tracked_email_is_a_copy_for_each_recipient()
    {
        _api.Tracking = new TrackingChoice(Opens: true, Clicks: false);
        _api.Dispatch.HasRoom = true;
        var id = await _api.SentAsync("""{"from":"a@example.com","to":["b@example.net","c@example.net"],"bcc":"d@example.org","subject":"s","html":"<p>x</p>"}""");
        var untracked = await _api.SentAsync("""{"from":"a@example.com","to":["b@example.net","c@example.net"],"subject":"s","html":"<p>x</p>","trackOpens":false,"trackClicks":false}""");

        var details = await _api.MessageAsync(id);
        Assert.Equal(3, details.Variants.Count);
        for (var i = 0; i < 3; i++)
        {
            var recipient = details.Recipients.Single(r => r.VariantId == details.Variants[i].Id).Address;
            var html = Leaves(await _api.EntityAsync(id, i)).Single(part => part.MediaType == "text/html").GetText();
            Assert.Equal($"<p>x</p><!-- {id} {recipient} -->", html.Trim());
        }

        Assert.Single((await _api.MessageAsync(untracked)).Variants);
        Assert.Equal(4, _api.Dispatch.Dispatched.Count);
        Assert.Equal(_api.Dispatch.Reserved.Count, _api.Dispatch.Dispatched.Count);
        Assert.Empty(_api.Dispatch.Cancelled);
        Assert.DoesNotContain("<!--", (await _api.GetAsync($"/emails/{id}")).Json.GetProperty("html").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_is_one_commit_in_the_order_of_the_request()
    {
        var items = string.Join(',', Enumerable.Range(0, 100).Select(i => $$"""{"from":"a@example.com","to":"r{{i}}@example.net","subject":"n{{i}}","text":"t"}"""));

        var reply = await _api.BatchAsync($"[{items}]");

        var ids = reply.Json.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("emailId").GetString()!).ToList();
        Assert.Equal(100, ids.Distinct().Count());
        Assert.Equal("n42", (await _api.MessageAsync(ids[42])).Message.Subject);
        var list = (await _api.GetAsync("/emails?limit=3")).Json;
        Assert.Equal(100, list.GetProperty("count").GetInt32());
        Assert.Equal(["n99", "n98", "n97"], list.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("subject").GetString()));
    }

    [Fact]
    public async Task A_message_larger_than_the_server_takes_is_refused_before_anything_is_kept()
    {
        await using var small = await EmailApi.StartAsync(options => options with { MaxMessageBytes = 100_000 });
        var file = Convert.ToBase64String(new byte[80_000]);

        var refused = await small.SendAsync($$"""{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t","attachments":[{"filename":"x","content":"{{file}}"}]}""");

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE"), (refused.Status, refused.Code));
        Assert.Contains("100000", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await small.Stores.Outbox.ReadAsync(0, 10, CancellationToken.None));
        Assert.Equal(0, small.Budget.UsedBytes);
    }

    [Fact]
    public async Task A_large_attachment_arrives_octet_for_octet()
    {
        var bytes = new byte[3_000_001];
        new Random(5).NextBytes(bytes);
        var encoded = Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks).Replace("\r\n", "\\r\\n", StringComparison.Ordinal).Replace("/", "\\/", StringComparison.Ordinal);

        var id = await _api.SentAsync($$"""{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t","attachments":[{"content":"{{encoded}}","filename":"x.bin"}]}""");

        Assert.Equal(bytes, Leaves(await _api.EntityAsync(id))[1].GetContent());
    }

    [Fact]
    public async Task Requests_beyond_the_memory_for_bodies_are_put_off()
    {
        await using var tight = await EmailApi.StartAsync(options => options with { MaxBodyBytesInFlight = 1_000_000 });
        var body = $$"""{"from":"a@example.com","to":"b@example.net","subject":"s","text":"{{new string('x', 1_000_000)}}"}""";

        var refused = await tight.SendAsync(body);
        var small = await tight.SendAsync(From("a@example.com"));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "SERVICE_UNAVAILABLE"), (refused.Status, refused.Code));
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
        Assert.Equal(HttpStatusCode.OK, small.Status);
        Assert.Equal(0, tight.Budget.UsedBytes);
    }

    private static List<MimeEntity> Leaves(MimeEntity entity) => [.. entity.OwnParts().Where(part => !part.IsMultipart)];

    private static string From(string sender) => $$"""{"from":"{{sender}}","to":"b@example.net","subject":"s","text":"t"}""";

    private static string Answer(string id) => $$"""{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t","inReplyToId":"{{id}}"}""";

    private static string Template(string id) =>
        $$"""{"from":"a@example.com","to":"b@example.net","variables":{"name":"Ann\nline","empty":""},"templateId":"{{id}}"}""";

    private static SendingDomain Domain(long account, string name, DomainStatus status) => new()
    {
        Id = 11,
        Uid = Guid.Empty,
        AccountId = account,
        Name = DomainName.Parse(name),
        Region = "here",
        Status = status,
        CreatedAt = DateTimeOffset.UnixEpoch,
        UpdatedAt = DateTimeOffset.UnixEpoch,
    };
}
