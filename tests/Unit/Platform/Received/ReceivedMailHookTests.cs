using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Relay.Dkim;
using Relay.Dns;
using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Received;
using Relay.Platform.Webhooks;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What a webhook gets of a received message, and what its answers come to.</summary>
public sealed class ReceivedMailHookTests : IWebhookSender
{
    private const string Key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    private const string Mixed =
        "From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\r\nTo: Box <box@in.example>, b@example.net\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
        + "Message-ID: <1@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        + "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n"
        + "--c\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHallo\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>Hallo</p>\r\n--c--\r\n"
        + "--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n"
        + "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=note.txt\r\n\r\nnote\r\n"
        + "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner\r\n--b--\r\n";

    private readonly ManualTimeProvider _time = new();
    private readonly List<WebhookRequest> _requests = [];
    private readonly IntakeKit _kit = new();
    private readonly ZoneTable _zone = new ZoneTable()
        .Txt("example.com", "v=spf1 ip4:192.0.2.7 -all")
        .Txt("_dmarc.example.com", "v=DMARC1; p=reject");

    private WebhookReply _reply = new() { Status = 200 };

    [Fact]
    public async Task A_message_is_posted_read_and_raw_with_what_proves_it()
    {
        var content = Signed(Mixed);

        Assert.Equal(new HookAnswer(HookVerdict.Taken, "the webhook at app.example answered 200") { Host = "app.example" }, await PostAsync(content));

        var data = Data();
        Assert.Equal(("Grüße", "<1@example.com>", "Hallo", "<p>Hallo</p>"), (Word(data, "subject"), Word(data, "messageId"), Word(data, "text")!.Trim(), Word(data, "html")!.Trim()));
        Assert.Equal(("Jürgen", "j@example.com"), (Word(data.GetProperty("from")[0], "name"), Word(data.GetProperty("from")[0], "address")));
        Assert.Equal(["box@in.example", "b@example.net"], data.GetProperty("to").EnumerateArray().Select(address => Word(address, "address")));
        var envelope = data.GetProperty("envelope");
        Assert.Equal(("bounce@example.com", "192.0.2.7", "mx.example.com"), (Word(envelope, "from"), Word(envelope, "clientAddress"), Word(envelope, "hello")));
        Assert.Equal(["box@in.example"], envelope.GetProperty("to").EnumerateArray().Select(address => address.GetString()));
        Assert.Equal(
            [("a.pdf", "application/pdf", 3, "AAEC"), ("note.txt", "text/plain", 4, "bm90ZQ=="), (null, "message/rfc822", 23, Base64("Subject: inner\r\n\r\ninner"))],
            data.GetProperty("attachments").EnumerateArray().Select(part => (Word(part, "name"), Word(part, "type")!, part.GetProperty("size").GetInt32(), Word(part, "content")!)));
        Assert.Equal("DKIM-Signature", Word(data.GetProperty("headers")[0], "name"));
        const string Verdict = "Authentication-Results: relay.example.com;\r\n\tspf=pass smtp.mailfrom=example.com;\r\n"
            + "\tdkim=pass header.d=example.com header.s=r1 header.a=rsa-sha256;\r\n\tdmarc=pass (p=reject) header.from=example.com\r\n";
        Assert.Equal(Verdict + Received + content, Encoding.UTF8.GetString(data.GetProperty("raw").GetBytesFromBase64()));
        Assert.Equal(("pass", "example.com"), (Result(data, "spf"), Word(data.GetProperty("authentication").GetProperty("spf"), "domain")));
        Assert.Equal(("pass", "reject", "SPF of example.com"), (Result(data, "dmarc"), Word(Dmarc(data), "policy"), Word(Dmarc(data), "reason")));
        var dkim = Assert.Single(data.GetProperty("authentication").GetProperty("dkim").EnumerateArray());
        Assert.Equal(("pass", "example.com", "r1"), (Word(dkim, "result"), Word(dkim, "domain"), Word(dkim, "selector")));
    }

    [Fact]
    public async Task The_call_is_signed_in_the_standard_form_and_known_again_when_it_is_repeated()
    {
        _reply = new WebhookReply { Status = 500 };
        var task = Task(Mixed);
        await PostAsync(task);
        _time.Advance(TimeSpan.FromMinutes(5));
        await PostAsync(task);
        await PostAsync(Task(Mixed));

        var ids = _requests.ConvertAll(request => Header(request, "webhook-id"));
        Assert.Equal((ids[0], 2), (ids[1], ids.Distinct().Count()));
        Assert.NotEqual(Header(_requests[0], "webhook-timestamp"), Header(_requests[1], "webhook-timestamp"));
        var signed = Encoding.UTF8.GetBytes($"{ids[1]}.{Header(_requests[1], "webhook-timestamp")}.").Concat(_requests[1].Body.ToArray()).ToArray();
        Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Key), signed)), Header(_requests[1], "webhook-signature"));
        Assert.Equal(ids[0], Word(JsonDocument.Parse(_requests[0].Body).RootElement, "id"));
        Assert.False(_requests[0].AllowPlainHttp);
    }

    [Theory]
    [InlineData("From: j@example.com\r\n\r\nx", "203.0.113.9", "fail", "fail", "neither SPF nor DKIM passes for this domain")]
    [InlineData("From: j@sub.example.com\r\n\r\nx", "192.0.2.7", "pass", "pass", "SPF of example.com")]
    [InlineData("From: j@other.example\r\n\r\nx", "192.0.2.7", "pass", "none", "the domain publishes no policy")]
    [InlineData("From: a@example.com, b@example.net\r\n\r\nx", "192.0.2.7", "pass", "none", "From names no single domain")]
    [InlineData("From: a@example.com\r\nFrom: a@example.com\r\n\r\nx", "192.0.2.7", "pass", "none", "From names no single domain")]
    [InlineData("Subject: nobody\r\n\r\nx", "192.0.2.7", "pass", "none", "From names no single domain")]
    [InlineData("no header at all", "192.0.2.7", "pass", "none", "From names no single domain")]
    [InlineData("From: j@broken.example\r\n\r\nx", "192.0.2.7", "pass", "temperror", "TXT _dmarc.broken.example could not be looked up")]
    [InlineData("From: j@example.com\r\n\r\nx", null, "none", "fail", "neither SPF nor DKIM passes for this domain")]
    public async Task What_proves_nothing_is_told_and_handed_over_all_the_same(string content, string? client, string spf, string dmarc, string reason)
    {
        _zone.Fails("_dmarc.broken.example", DnsStatus.ServerFailure);

        Assert.Equal(HookVerdict.Taken, (await PostAsync(Task(content, client))).Verdict);

        Assert.Equal((spf, dmarc, reason), (Result(Data(), "spf"), Result(Data(), "dmarc"), Word(Dmarc(Data()), "reason")));
    }

    [Fact]
    public async Task A_signature_proves_where_the_way_does_not_and_a_broken_one_nothing()
    {
        var content = Signed("From: j@example.com\r\nSubject: a\r\n\r\nbody\r\n");

        await PostAsync(Task(content, "203.0.113.9"));
        Assert.Equal(("fail", "pass", "DKIM of example.com"), (Result(Data(), "spf"), Result(Data(), "dmarc"), Word(Dmarc(Data()), "reason")));

        await PostAsync(Task(content.Replace("body", "b0dy", StringComparison.Ordinal), "203.0.113.9"));
        Assert.Equal("fail", Result(Data(), "dmarc"));
    }

    [Fact]
    public async Task Nobody_else_says_what_we_found()
    {
        const string Others = "Authentication-Results: mx.example.net; spf=pass\r\nSubject: a\r\n\r\nAuthentication-Results: relay.example.com; in the text\r\n";
        await PostAsync(Task("Authentication-Results: relay.example.com;\r\n\tdmarc=pass\r\nno field at all\r\nauthentication-results : (x) \"Relay.example.com\"; spf=pass\r\n" + Others, "203.0.113.9"));

        var raw = Encoding.UTF8.GetString(Data().GetProperty("raw").GetBytesFromBase64());
        Assert.Equal("Authentication-Results: relay.example.com;\r\n\tspf=fail smtp.mailfrom=example.com;\r\n\tdkim=none;\r\n\tdmarc=none\r\n" + Received + "no field at all\r\n" + Others, raw);
        Assert.Equal(raw.Length, Data().GetProperty("rawSize").GetInt32());
    }

    [Fact]
    public async Task Fields_that_claim_to_be_ours_are_not_among_the_headers_and_signatures_are_verified_with_them()
    {
        const string Forged = "Authentication-Results: relay.example.com; dmarc=fail\r\n";
        await PostAsync(Task(Signed(Forged + "From: j@example.com\r\nSubject: a\r\n\r\nbody\r\n"), "203.0.113.9"));

        Assert.Equal(["DKIM-Signature", "From", "Subject"], Data().GetProperty("headers").EnumerateArray().Select(field => Word(field, "name")));
        Assert.Equal("pass", Result(Data(), "dmarc"));
    }

    [Fact]
    public async Task A_verdict_gives_no_names_that_could_break_the_field()
    {
        var task = Task("DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=a;b; h=from; bh=x; b=x\r\nFrom: j@example.com\r\n\r\nx");
        await PostAsync(task with
        {
            Message = task.Message with { ReversePath = ReversePath.Null },
            Variant = task.Variant with { Prefix = Encoding.ASCII.GetBytes(Received.Replace("mx.example.com", "[192.0.2.7];dkim=pass", StringComparison.Ordinal)) },
        });

        var raw = Encoding.UTF8.GetString(Data().GetProperty("raw").GetBytesFromBase64());
        Assert.StartsWith("Authentication-Results: relay.example.com;\r\n\tspf=none;\r\n\tdkim=permerror", raw, StringComparison.Ordinal);
        Assert.DoesNotContain("dkim=pass", raw[..raw.IndexOf("Received:", StringComparison.Ordinal)], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(204, HookVerdict.Taken, "the webhook at app.example answered 204")]
    [InlineData(302, HookVerdict.Later, "the webhook at app.example: answered 302, not 2xx")]
    [InlineData(404, HookVerdict.Later, "the webhook at app.example: answered 404, not 2xx")]
    [InlineData(410, HookVerdict.Gone, "the webhook at app.example: answered 410, not 2xx")]
    [InlineData(500, HookVerdict.Later, "the webhook at app.example: answered 500, not 2xx")]
    [InlineData(null, HookVerdict.Later, "the webhook at app.example: no route")]
    public async Task Answers_settle_keep_or_come_again(int? status, HookVerdict verdict, string text)
    {
        _reply = new WebhookReply { Status = status, Trouble = status is null ? "no route" : null };

        var answer = await PostAsync(Mixed);

        Assert.Equal((verdict, text, false, null), (answer.Verdict, answer.Text, answer.IsOurFault, answer.RetryAfter));
    }

    [Theory]
    [InlineData(-5, null)]
    [InlineData(120, 120)]
    [InlineData(1_000_000, 3_600)]
    public async Task A_rest_asked_for_is_granted_up_to_an_hour(int asked, int? granted)
    {
        _reply = new WebhookReply { Status = 503, RetryAfter = TimeSpan.FromSeconds(asked) };

        Assert.Equal(granted, (int?)(await PostAsync(Mixed)).RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task A_domain_that_left_the_configuration_waits_for_it()
    {
        var answer = await PostAsync(Task(Mixed) with { QueueKey = "@received:gone.example" });

        Assert.Equal(new HookAnswer(HookVerdict.Later, "the configuration names no webhook for gone.example any more") { IsOurFault = true }, answer);
        Assert.Empty(_requests);
    }

    [Fact]
    public async Task What_is_too_large_is_left_out_and_said_so()
    {
        var attachment = "--b\r\nContent-Type: application/x; name={0}\r\n\r\n" + new string('x', (6 * 1024 * 1024) - 2) + "\r\n";
        await PostAsync(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + new string('t', ReceivedPayload.MaxTextLength + 1) + "\r\n"
            + string.Format(CultureInfo.InvariantCulture, attachment, "1") + string.Format(CultureInfo.InvariantCulture, attachment, "2")
            + "--b\r\nContent-Type: application/x; name=3\r\n\r\nsmall\r\n--b--\r\n");

        var data = Data();
        Assert.Equal((true, ReceivedPayload.MaxTextLength), (data.GetProperty("textCut").GetBoolean(), Word(data, "text")!.Length));
        Assert.Equal([("1", false), ("2", true), ("3", false)], data.GetProperty("attachments").EnumerateArray().Select(part => (Word(part, "name"), part.GetProperty("omitted").GetBoolean())));
        Assert.False(data.GetProperty("attachments")[1].TryGetProperty("content", out _));
        Assert.True(data.GetProperty("rawOmitted").GetBoolean());
        Assert.False(data.TryGetProperty("raw", out _));
        Assert.True(_requests[^1].Body.Length < 20 * 1024 * 1024);
    }

    [Fact]
    public async Task A_text_cut_within_a_character_stays_text()
    {
        await PostAsync("Content-Type: text/plain; charset=utf-8\r\n\r\n" + new string('t', ReceivedPayload.MaxTextLength - 1) + "😀");

        Assert.Equal("t\ufffd", Word(Data(), "text")![^2..]);
    }

    [Theory]
    [InlineData("whsec_" + Key, true)]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true)]
    [InlineData(Key, false)]
    [InlineData("whsec_", false)]
    [InlineData("whsec_AAAA", false)]
    [InlineData("whsec_not base64 at all, whatever it is", false)]
    public void Secrets_have_the_standard_form(string text, bool isSecret) => Assert.Equal(isSecret, ReceivedHook.IsSecret(text));

    ValueTask<WebhookReply> IWebhookSender.SendAsync(WebhookRequest request, CancellationToken cancellationToken)
    {
        _requests.Add(request);
        return ValueTask.FromResult(_reply);
    }

    private const string Received = "Received: from mx.example.com ([192.0.2.7])\r\n\tby relay.example.com with ESMTP\r\n\tid x;\r\n\tTue, 1 Jan 2030 00:00:00 +0000\r\n";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private static string Header(WebhookRequest request, string name) => Assert.Single(request.Headers, header => header.Key == name).Value;

    private static string? Result(JsonElement data, string method) => Word(data.GetProperty("authentication").GetProperty(method), "result");

    private static JsonElement Dmarc(JsonElement data) => data.GetProperty("authentication").GetProperty("dmarc");

    [Fact]
    public async Task A_webhook_that_was_exchanged_gets_the_next_message_and_one_that_is_gone_none()
    {
        var hooks = new Dictionary<string, ReceivedHook>(StringComparer.OrdinalIgnoreCase);
        using var hook = new ReceivedMailHook(hooks, _kit.Spool, new MailAuthenticator(_zone, DkimTestKeys.Published, "relay.example.com", _time), this, _time);
        var task = Task("From: ann@example.net\r\n\r\nHello\r\n");
        Assert.True((await hook.HandOverAsync(task, CancellationToken.None)).IsOurFault);
        Assert.Empty(_requests);

        hooks["IN.example"] = new(new Uri("https://one.example/mail"), "whsec_" + Key);
        await hook.HandOverAsync(task, CancellationToken.None);
        hooks["IN.example"] = new(new Uri("https://two.example/mail"), "whsec_" + Key);
        await hook.HandOverAsync(task, CancellationToken.None);

        Assert.Equal(["one.example", "two.example"], _requests.Select(request => request.Url.Host));
    }

    private static string? Word(JsonElement element, string name) => element.GetProperty(name).GetString();

    private JsonElement Data()
    {
        var call = JsonDocument.Parse(_requests[^1].Body).RootElement;
        Assert.Equal("email.received", Word(call, "type"));
        return call.GetProperty("data");
    }

    private string Signed(string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        return Encoding.ASCII.GetString(new DkimSigner().Sign(bytes.AsSpan(0, end), bytes.AsSpan(end), [DkimTestKeys.Rsa], _time.GetUtcNow())) + content;
    }

    private ValueTask<HookAnswer> PostAsync(string content) => PostAsync(Task(content));

    private async ValueTask<HookAnswer> PostAsync(DeliveryTask task)
    {
        var hooks = new Dictionary<string, ReceivedHook> { ["in.example"] = new(new Uri("https://app.example/mail"), "whsec_" + Key) };
        using var hook = new ReceivedMailHook(hooks, _kit.Spool, new MailAuthenticator(_zone, DkimTestKeys.Published, "relay.example.com", _time), this, _time);
        return await hook.HandOverAsync(task, CancellationToken.None);
    }

    private DeliveryTask Task(string content, string? client = "192.0.2.7")
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        _ = HeaderBlock.Parse(bytes, out var headerBytes);
        var draft = Drafts.Message(_time.GetUtcNow(), ["box@in.example"]);
        var key = OwnKeys.Received(DomainName.Parse("in.example"));
        return new DeliveryTask
        {
            Lease = new LeaseToken(1, 1),
            Message = draft.Message with { ClientAddress = client, ReversePath = new ReversePath(Mailbox.Parse("bounce@example.com")) },
            Variant = new Variant { Id = 1, Content = new ContentReference(1, bytes.Length, headerBytes, null), Prefix = Encoding.ASCII.GetBytes(Received) },
            QueueKey = key,
            Recipients = [new QueuedRecipient { Id = 1, MessageId = draft.Message.Id, VariantId = 1, Address = Mailbox.Parse("box@in.example"), QueueKey = key, State = RecipientState.Leased }],
            Content = bytes,
        };
    }
}
