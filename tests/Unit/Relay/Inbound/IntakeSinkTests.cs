using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Platform.Emails;
using Relay.Queue;
using Relay.Senders;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What a submission asks for in its header block.</summary>
public sealed class IntakeSinkTests
{
    private const string Rest = "From: app@example.com\r\nSubject: hello\r\n\r\nX-Relay-Tag: body\r\n";

    private readonly IntakeKit _kit = new();
    private readonly ReceivedDomains _received = new(new Dictionary<DomainName, long> { [DomainName.Parse("in.example")] = 2_000 });
    private SubmissionFixUps? _fixUps = new();
    private readonly SubmissionKit _submissions;
    private readonly FixedHolders _holders = new();
    private Credential? _login;

    public IntakeSinkTests() => _submissions = new SubmissionKit(_kit);

    [Fact]
    public async Task Applies_the_fields_and_takes_them_out_of_the_content()
    {
        var message = await AcceptAsync(
            "X-Relay-Tag: welcome, spring sale\r\nx-relay-tag: =?utf-8?q?=C3=A4?=\r\nX-Relay-Stream: Broadcast\r\nIdempotency-Key: order-7\r\n" + Rest);

        Assert.Equal(["welcome", "spring sale", "ä"], message.Message.Tags);
        Assert.Equal((MailStream.Broadcast, "order-7", null), (message.Message.Stream, message.Message.IdempotencyKey, message.Message.NotBefore));
        Assert.Equal(Rest, await ContentAsync(message));
        Assert.Equal("hello", message.Message.Subject);
    }

    [Theory]
    [InlineData("", MailStream.Broadcast, "news,weekly")]
    [InlineData("X-Relay-Tag: welcome\r\n", MailStream.Broadcast, "welcome")]
    [InlineData("X-Relay-Stream: transactional\r\n", MailStream.Transactional, "news,weekly")]
    public async Task Mail_of_a_login_is_what_the_login_says_where_it_does_not_say_so_itself(string wishes, MailStream stream, string tags)
    {
        _login = Login() with { Defaults = new MailDefaults { Stream = "broadcast", Tags = ["news", "weekly"] } };

        var message = await AcceptAsync(wishes + Rest);

        Assert.Equal((stream, tags), (message.Message.Stream, string.Join(',', message.Message.Tags)));
    }

    [Theory]
    [InlineData("2030-05-06T07:08:09Z", 9, 0)]
    [InlineData("2030-05-06T07:08:09.250+02:00", 9, -2)]
    [InlineData("2030-05-06T07:08Z", 0, 0)]
    [InlineData("Mon, 6 May 2030 07:08:09 +0200", 9, -2)]
    public async Task Waits_for_the_time_that_is_asked_for(string text, int seconds, int hours)
    {
        _kit.Time.Advance(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero) - _kit.Time.GetUtcNow());

        var message = await AcceptAsync($"X-Relay-Schedule: {text}\r\n" + Rest);

        var expected = new DateTimeOffset(2030, 5, 6, 7, 8, seconds, TimeSpan.Zero).AddHours(hours);
        Assert.InRange(message.Message.NotBefore!.Value - expected, TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
        Assert.Equal(RecipientState.Scheduled, message.Recipients[0].State);
    }

    [Theory]
    [InlineData("4h", "X-Relay-Schedule: 2030-05-06T07:00:00Z\r\n", "2030-05-06T11:00:00Z")]
    [InlineData("4h", "", "2030-01-01T04:00:00Z")]
    [InlineData("2030-01-02T00:00:00Z", "", "2030-01-02T00:00:00Z")]
    public async Task Is_given_up_when_the_sender_says_so(string text, string schedule, string expected)
    {
        _kit.Time.Advance(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero) - _kit.Time.GetUtcNow());

        var message = await AcceptAsync($"X-Relay-Expires: {text}\r\nX-Relay-Priority: High\r\n{schedule}" + Rest);

        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), message.Message.ExpiresAt);
        Assert.Equal(MessagePriority.High, message.Message.Priority);
    }

    [Fact]
    public async Task A_time_that_has_passed_means_now() =>
        Assert.Null((await AcceptAsync("X-Relay-Schedule: 2001-01-01T00:00:00Z\r\n" + Rest)).Message.NotBefore);

    [Theory]
    [InlineData("X-Relay-Schedule: tomorrow", "X-Relay-Schedule: must be a time with its offset")]
    [InlineData("X-Relay-Schedule: 2030-05-06T07:08:09", "X-Relay-Schedule: must be a time with its offset")]
    [InlineData("X-Relay-Schedule: 2999-05-06T07:08:09Z", "X-Relay-Schedule: is more than a year ahead")]
    [InlineData("X-Relay-Expires: soon", "X-Relay-Expires: must be a duration such as 4h, or a time")]
    [InlineData("X-Relay-Expires: 31d", "X-Relay-Expires: must be from 1s to 30d")]
    [InlineData("X-Relay-Expires: 2147483647d", "X-Relay-Expires: must be from 1s to 30d")]
    [InlineData("X-Relay-Expires: 2001-05-06T07:08:09Z", "X-Relay-Expires: is over already")]
    [InlineData("X-Relay-Priority: urgent", "X-Relay-Priority: must be high, normal or low")]
    [InlineData("X-Relay-Schedule:", "X-Relay-Schedule: is empty")]
    [InlineData("X-Relay-Stream: bulk", "X-Relay-Stream: must be transactional or broadcast")]
    [InlineData("X-Relay-Stream: broadcast\r\nX-Relay-Stream: broadcast", "X-Relay-Stream: stands more than once")]
    [InlineData("X-Relay-Tag: 1,2,3,4,5,6,7,8,9,10,11", "X-Relay-Tag: there are more than 10 tags")]
    [InlineData("X-Relay-Tag: 0123456789012345678901234567890123456789012345678901234567890123x", "X-Relay-Tag: a tag is longer than 64 characters")]
    [InlineData("X-Relay-Tag: =?utf-8?q?a=07?=", "X-Relay-Tag: a tag contains control characters")]
    [InlineData("Idempotency-Key: a b", "Idempotency-Key: must be visible ASCII characters")]
    public async Task Refuses_what_it_cannot_obey_and_keeps_nothing(string field, string problem)
    {
        var reply = await SubmitAsync(field + "\r\n" + Rest, obeys: true);

        Assert.Equal((554, "5.6.0"), (reply.Code, reply.Enhanced.ToString()));
        Assert.StartsWith(problem, reply.Text, StringComparison.Ordinal);
        Assert.Empty((await _kit.Store.ListAsync(new QueueFilter(), CancellationToken.None)).Entries);
    }

    [Fact]
    public async Task Refuses_a_key_that_is_too_long() =>
        Assert.Equal(554, (await SubmitAsync($"Idempotency-Key: {new string('k', 257)}\r\n{Rest}", obeys: true)).Code);

    [Theory]
    [InlineData(13)]
    [InlineData(64 * 1024)]
    public async Task Refuses_fields_that_are_too_large_together(int pieceBytes) =>
        Assert.Equal(554, (await SubmitAsync($"X-Relay-Tag: {new string(' ', 20_000)}\r\n{Rest}", obeys: true, pieceBytes)).Code);

    [Fact]
    public async Task From_strangers_they_are_content_like_any_other()
    {
        const string content = "X-Relay-Tag: a\r\nX-Relay-Stream: nonsense\r\n" + Rest;

        var message = await AcceptAsync(content, obeys: false);

        Assert.Empty(message.Message.Tags);
        Assert.Equal(content, await ContentAsync(message));
    }

    [Fact]
    public async Task Content_that_ends_inside_a_name_is_kept_whole()
    {
        _fixUps = new SubmissionFixUps { RequireFrom = false };
        const string content = "From: app@example.com\r\nX-Relay-T";

        Assert.Equal(content, await ContentAsync(await AcceptAsync(content)));
    }

    [Theory]
    [InlineData("Bcc: hidden@example.net,\r\n other@example.net\r\n")]
    [InlineData("resent-bcc: hidden@example.net\r\n")]
    [InlineData("Return-Path: <x@example.net>\r\n")]
    public async Task Takes_out_what_recipients_must_not_see(string field)
    {
        Assert.Equal(Rest, await ContentAsync(await AcceptAsync(field + Rest)));
        Assert.Equal(Rest, await ContentAsync(await AcceptAsync(field + Rest, obeys: false)));
        _fixUps = null;
        Assert.Equal(field + Rest, await ContentAsync(await AcceptAsync(field + Rest)));
    }

    [Fact]
    public async Task A_long_list_of_hidden_recipients_is_no_fault()
    {
        var bcc = "Bcc: " + string.Join(",\r\n ", Enumerable.Range(0, 3000).Select(i => $"hidden{i}@example.net")) + "\r\n";

        Assert.Equal(Rest, await ContentAsync(await AcceptAsync("X-Relay-Tag: a\r\n" + bcc + Rest)));
    }

    [Fact]
    public async Task Completes_what_is_missing_unless_told_not_to()
    {
        var prefix = await PrefixAsync();
        Assert.Contains("\r\nDate: ", prefix, StringComparison.Ordinal);
        Assert.Contains("\r\nMessage-ID: ", prefix, StringComparison.Ordinal);

        _fixUps = new SubmissionFixUps { AddDate = false, AddMessageId = false };
        prefix = await PrefixAsync();
        Assert.DoesNotContain("Date: ", prefix, StringComparison.Ordinal);
        Assert.DoesNotContain("Message-ID: ", prefix, StringComparison.Ordinal);
        Assert.Contains("(192.0.2.1)".Replace("(", "([", StringComparison.Ordinal).Replace(")", "])", StringComparison.Ordinal), prefix, StringComparison.Ordinal);

        async Task<string> PrefixAsync() => Encoding.UTF8.GetString((await AcceptAsync(Rest)).Variants[0].Prefix.Span);
    }

    [Fact]
    public async Task Refuses_a_message_without_from() =>
        Assert.Equal("550 5.6.0", (await SubmitAsync("Subject: x\r\n\r\nbody\r\n", obeys: true)).ToString()[..9]);

    [Theory]
    [InlineData("Accept", 250)]
    [InlineData("Refuse", 550)]
    [InlineData("Wrap", 250)]
    public async Task Treats_long_lines_as_told(string mode, int code)
    {
        _fixUps = new SubmissionFixUps { LongLines = Enum.Parse<LongLines>(mode) };

        Assert.Equal(code, (await SubmitAsync(Rest + new string('x', 999) + "\r\n", obeys: true)).Code);
        Assert.Equal(250, (await SubmitAsync(Rest + new string('x', 998) + "\r\n", obeys: true)).Code);
    }

    [Fact]
    public async Task Breaks_long_lines_with_a_space_behind()
    {
        _fixUps = new SubmissionFixUps { LongLines = LongLines.Wrap };

        var content = await ContentAsync(await AcceptAsync(Rest + new string('x', 2000) + "\r\nshort\r\n"));

        Assert.Equal(Rest + new string('x', 998) + "\r\n " + new string('x', 997) + "\r\n " + new string('x', 5) + "\r\nshort\r\n", content);
    }

    [Fact]
    public async Task A_key_makes_a_submission_safe_to_repeat()
    {
        var first = await SubmitAsync("Idempotency-Key: order-7\r\n" + Rest, obeys: true);
        var again = await SubmitAsync("Idempotency-Key: order-7\r\n" + Rest, obeys: true, pieceBytes: 1000);

        Assert.Equal((250, first.Text), (again.Code, again.Text));
        Assert.Single((await _kit.Store.ListAsync(new QueueFilter(), CancellationToken.None)).Entries);
        Assert.Equal(1, _submissions.Taken);
    }

    [Theory]
    [InlineData("Idempotency-Key: order-7\r\n", "other body")]
    [InlineData("Idempotency-Key: order-7\r\nX-Relay-Stream: broadcast\r\n", "")]
    public async Task A_key_used_for_another_message_is_refused(string fields, string body)
    {
        await SubmitAsync("Idempotency-Key: order-7\r\n" + Rest, obeys: true);

        var reply = await SubmitAsync(fields + Rest + body, obeys: true);

        Assert.Equal((554, "5.6.0"), (reply.Code, reply.Enhanced.ToString()));
        Assert.Equal("Idempotency-Key: this key was used for another message within a day; choose a new one", reply.Text);
        Assert.Single((await _kit.Store.ListAsync(new QueueFilter(), CancellationToken.None)).Entries);
    }

    [Theory]
    [InlineData("From: app@example.com\r\nSubject: x\r\nno field here\r\nFrom: boss@example.org\r\n\r\nhello\r\n", 550)]
    [InlineData("From: app@example.com\r\nSubject: x\r\n: no name\r\n\r\nhello\r\n", 550)]
    [InlineData("From: app@example.com\r\nSubject: x\r\n\r\nno field here\r\n", 250)]
    [InlineData("From: app@example.com\r\nSubject: x\r\n", 250)]
    public async Task A_second_From_cannot_hide_behind_a_line_that_is_no_field(string content, int code)
    {
        _fixUps = new SubmissionFixUps();
        var reply = await SubmitAsync(content, obeys: true);

        Assert.True(reply.Code == code, reply.ToString());
        Assert.Equal(code == 550, reply.Text == "the header block holds a line that is no field (RFC 5322 section 2.2)");
    }

    [Fact]
    public async Task A_key_used_for_other_recipients_is_refused()
    {
        await SubmitAsync("Idempotency-Key: order-7\r\n" + Rest, obeys: true);

        Assert.Equal(554, (await SubmitAsync("Idempotency-Key: order-7\r\n" + Rest, obeys: true, recipient: "carol@example.net")).Code);
    }

    [Fact]
    public async Task A_key_is_free_again_after_a_day_and_after_a_refusal()
    {
        _submissions.Left = 0;
        Assert.Equal(450, (await SubmitAsync("Idempotency-Key: order-7\r\nSubject: other\r\n" + Rest, obeys: true)).Code);
        _submissions.Left = 10;
        var first = await SubmitAsync("Idempotency-Key: order-7\r\n" + Rest, obeys: true);

        _kit.Time.Advance(IdempotencyEntry.Lifetime);
        var next = await SubmitAsync("Idempotency-Key: order-7\r\n" + Rest, obeys: true);

        Assert.Equal(250, next.Code);
        Assert.NotEqual(first.Text, next.Text);
    }

    [Fact]
    public async Task A_message_over_the_quota_is_to_be_sent_later()
    {
        _submissions.Left = 0;

        var reply = await SubmitAsync(Rest, obeys: false);

        Assert.Equal((450, "4.7.1"), (reply.Code, reply.Enhanced.ToString()));
        Assert.Equal("the account may send 5 e-mails per hour; 0 are left; try again in 10 minutes", reply.Text);
        Assert.Equal(["example.com"], _submissions.Domains);
    }

    [Fact]
    public async Task What_cannot_be_stored_is_not_counted()
    {
        _submissions.OnTaken = () => _kit.Store.Health = new StoreHealth(false, "no room");

        Assert.Equal(451, (await SubmitAsync(Rest, obeys: true)).Code);
        Assert.Equal(0, _submissions.Taken);
    }

    /// <summary>Envelope and octets in are envelope and octets out, whatever the content and however it is cut.</summary>
    [Fact]
    public async Task Content_stays_octet_for_octet()
    {
        // What is no field among these pieces would be refused otherwise.
        _fixUps = new SubmissionFixUps { RequireFrom = false };
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] pieces = ["From: a@example.com\r\n", "Bc: x\r\n", "Bcd: y\r\n", "X-Relay\r\n", " folded\r\n", "\r\n", ".\r\n", "..\r\n", "Return: z\r\n", "text ", "\u00e4", "\t", "Received: by x ; y\r\n"];
        for (var i = 0; i < 300; i++)
        {
            var content = "From: app@example.com\r\n" + string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => pieces[random.Next(1, pieces.Length)])) + "\r\n";

            var reply = await SubmitAsync(content, obeys: random.Next(2) == 0, random.Next(1, 200));

            Assert.True(reply.Code == 250, $"seed {seed}: {reply}");
            var message = (await _kit.Store.FindAsync(QueueId.Parse(reply.Text.Split(' ')[^1]), CancellationToken.None))!;
            Assert.True(content == await ContentAsync(message), $"seed {seed}: {content}");
            Assert.Equal("bob@example.net", message.Recipients[0].Address.ToString());
        }
    }

    [Theory]
    [InlineData("203.0.113.9", Door.Internal)]
    [InlineData("192.0.2.1", Door.Smtp)]
    public async Task Mail_for_a_webhook_waits_under_its_domain_and_a_strangers_is_none_of_our_senders(string client, Door door)
    {
        _kit.Make(new IntakeOptions { Hostname = IntakeKit.Hostname, ReceivedDomains = new HashSet<DomainName> { DomainName.Parse("in.example") } });
        var submissions = new SubmissionKit(_kit);
        await _kit.Suppressions.AddAsync("box@in.example");

        var reply = await SubmitAsync("X-Relay-Tag: a\r\n" + Rest, obeys: true, recipient: "box@in.example", client: client, submissions: submissions);

        var message = (await _kit.Store.FindAsync(QueueId.Parse(reply.Text.Split(' ')[^1]), CancellationToken.None))!;
        Assert.Equal((door, "@received:in.example", RecipientState.Ready), (message.Message.Door, message.Recipients[0].QueueKey, message.Recipients[0].State));
        Assert.Equal(door == Door.Smtp ? ["a"] : [], message.Message.Tags);
        Assert.Equal(door == Door.Smtp ? 1 : 0, submissions.Taken);
        Assert.Equal(door == Door.Internal, (await ContentAsync(message)).StartsWith("X-Relay-Tag", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("203.0.113.9", Door.Internal, null)]
    [InlineData("192.0.2.1", Door.Smtp, "example.com")]
    public async Task Nothing_vouches_for_what_strangers_write_to_the_postmaster(string client, Door door, string? signs)
    {
        var reply = await SubmitAsync(Rest, obeys: true, recipient: "postmaster@relay.example.com", client: client);

        var message = (await _kit.Store.FindAsync(QueueId.Parse(reply.Text.Split(' ')[^1]), CancellationToken.None))!;
        Assert.Equal("ops@example.net", message.Recipients[0].Address.ToString());
        Assert.Equal((door, signs, "app@example.com"), (message.Message.Door, message.Message.FromDomain, message.Message.HeaderFrom));
    }

    [Fact]
    public async Task Mail_for_a_webhook_is_bounded()
    {
        var text = Rest + new string('x', 2_000) + "\r\n";

        Assert.Equal("552 5.3.4 mail for this domain may have at most 2000 octets", (await SubmitAsync(text, obeys: true, recipient: "box@in.example", client: "203.0.113.9")).ToString());
        Assert.Equal(250, (await SubmitAsync(text, obeys: true)).Code);
    }

    private async Task<MessageDetails> AcceptAsync(string content, bool obeys = true)
    {
        var reply = await SubmitAsync(content, obeys);
        Assert.Equal(250, reply.Code);
        return (await _kit.Store.FindAsync(QueueId.Parse(reply.Text.Split(' ')[^1]), CancellationToken.None))!;
    }

    private async Task<string> ContentAsync(MessageDetails message)
    {
        await using var stream = await _kit.Spool.OpenAsync(message.Variants[0].Content, CancellationToken.None);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    [Theory]
    [InlineData("From: CEO <ceo@bank.example>\r\nSubject: x\r\n\r\nx\r\n", "550 5.7.1 login app may not send with From: <ceo@bank.example>")]
    [InlineData("From: me@own.example\r\nno field\r\nFrom: ceo@bank.example\r\n\r\nx\r\n", "550 5.6.0 the header block holds a line that is no field (RFC 5322 section 2.2)")]
    [InlineData("From: me@own.example\r\nFrom: me@own.example\r\n\r\nx\r\n", null)]
    [InlineData("Subject: x\r\n\r\nx\r\n", null)]
    public async Task A_login_is_held_to_its_senders_where_messages_are_left_as_they_are(string content, string? refusal)
    {
        _fixUps = null;
        _login = Login() with { AllowedSenders = ["own.example"] };

        var reply = await SubmitAsync(content, obeys: true);
        Assert.Equal(refusal ?? "250", refusal is null ? reply.ToString()[..3] : reply.ToString());
    }

    [Fact]
    public async Task What_would_be_signed_by_the_domain_of_another_account_is_not_taken()
    {
        _login = Login();
        _holders.Accounts["shop.example"] = 2;

        var refused = await SubmitAsync("From: Shop <sales@shop.example>\r\nSubject: x\r\n\r\nx\r\n", obeys: true);
        Assert.Equal("550 5.7.1 shop.example in From is a domain of another account than that of login app", refused.ToString());
        Assert.Equal(250, (await SubmitAsync("From: App <a@other.example>\r\nSubject: x\r\n\r\nx\r\n", obeys: true)).Code);
    }

    private Credential Login() => new()
    {
        Id = 7,
        Kind = CredentialKind.SmtpLogin,
        Name = "app",
        Verifier = "",
        Scopes = "smtp",
        CreatedAt = _kit.Time.GetUtcNow(),
    };

    private async Task<SmtpReply> SubmitAsync(string content, bool obeys, int pieceBytes = 13, string recipient = "bob@example.net", string client = "192.0.2.1", SubmissionKit? submissions = null)
    {
        var local = new LocalMailboxes([DomainName.Parse("relay.example.com")], Mailbox.Parse("ops@example.net"));
        var rules = new SubmissionRules
        {
            AllowsAuthentication = true,
            RequiresLogin = false,
            IsOpenToClients = false,
            RelayNetworks = [IPNetwork.Parse("192.0.2.0/24")],
            RejectsSuppressed = false,
            ObeysHeaders = obeys,
        };
        using var credentials = new CredentialCheck(new MemoryCredentialStore(), _kit.Time);
        var policy = new SubmissionPolicy(rules, [local, _received], credentials, _submissions, _kit.Intake, _kit.Suppressions, NullLogger<SubmissionPolicy>.Instance, _holders);
        var sink = new IntakeSink(_kit.Intake, (submissions ?? _submissions).Intake, local, new BouncePolicy(new ReturnPathCodec(new FixedTokenKeys()), [], new FixedBounceHosts(), _kit.Time), _received, policy, _fixUps, _kit.Time);
        var session = new SmtpSession
        {
            ConnectionId = "c1",
            Listener = "submission",
            Peer = new IPEndPoint(IPAddress.Parse(client), 40000),
            Local = new IPEndPoint(IPAddress.Loopback, 25),
            Identity = _login,
        };
        var envelope = IntakeKit.Submission(recipient).Envelope;
        var begun = await sink.BeginAsync(session, envelope, CancellationToken.None);
        await using var writer = begun.Writer!;
        foreach (var piece in Encoding.UTF8.GetBytes(content).Chunk(pieceBytes))
        {
            await writer.WriteAsync(piece, CancellationToken.None);
        }

        return await writer.CommitAsync();
    }
}
