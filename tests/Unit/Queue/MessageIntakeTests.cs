using System.Diagnostics;
using System.Text;
using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class MessageIntakeTests
{
    private readonly IntakeKit _kit = new();

    [Fact]
    public async Task Stores_message_recipients_and_the_accepted_event()
    {
        var details = await _kit.FindAsync(await _kit.AcceptAsync(IntakeKit.Plain, "bob@example.net", "eve@example.org"));

        Assert.Equal(["example.net Ready", "example.org Ready"], details.Recipients.Select(r => $"{r.QueueKey} {r.State}"));
        Assert.Equal(DeliveryEventKind.Accepted, Assert.Single(_kit.Store.AllEvents).Kind);
        Assert.Equal(IntakeKit.Plain.Length, details.Message.SizeBytes);
        Assert.Equal("192.0.2.7", details.Message.ClientAddress);
        Assert.Equal(_kit.Time.GetUtcNow().AddDays(5), details.Message.ExpiresAt);
        Assert.Equal(("App <app@example.com>", "example.com", "hello", "<1@example.com>"),
            (details.Message.HeaderFrom, details.Message.FromDomain, details.Message.Subject, details.Message.MessageId));
    }

    [Fact]
    public async Task Keeps_the_content_octet_for_octet_however_it_arrives()
    {
        await using var incoming = _kit.Intake.Begin();
        foreach (var octet in Encoding.UTF8.GetBytes(IntakeKit.Plain))
        {
            await incoming.WriteAsync(new[] { octet }, CancellationToken.None);
        }

        var details = await _kit.FindAsync(await _kit.Intake.AcceptAsync(incoming, IntakeKit.Submission("bob@example.net")));

        await using var content = await _kit.Spool.OpenAsync(details.Variants[0].Content, CancellationToken.None);
        using var reader = new StreamReader(content);
        Assert.Equal(IntakeKit.Plain, await reader.ReadToEndAsync());
        Assert.Equal(IntakeKit.Plain.IndexOf("Hello.", StringComparison.Ordinal), details.Variants[0].Content.HeaderBytes);
    }

    [Fact]
    public async Task A_message_belongs_to_the_trace_of_its_request_before_anybody_can_see_it()
    {
        using var request = new Activity("POST /api/v1/emails").SetParentId(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded).Start();
        var seen = default(ActivityTraceId);

        await _kit.AcceptAsync(IntakeKit.Plain, IntakeKit.Submission("bob@example.net"), drafts =>
        {
            seen = TraceContexts.Of(drafts[0].Message.Id).TraceId;
            return _kit.Store.EnqueueAsync(drafts);
        });

        Assert.Equal(request.TraceId, seen);
    }

    [Fact]
    public async Task Takes_the_domain_of_the_reverse_path_when_there_is_no_from()
    {
        var details = await _kit.FindAsync(await _kit.AcceptAsync("Subject: x\r\n\r\n"));

        Assert.Null(details.Message.HeaderFrom);
        Assert.Equal("example.com", details.Message.FromDomain);
    }

    [Fact]
    public async Task Bounds_what_it_keeps_of_long_fields()
    {
        var details = await _kit.FindAsync(await _kit.AcceptAsync($"Subject: {new string('x', 5000)}\r\n\r\n"));

        Assert.Equal(1000, details.Message.Subject!.Length);
    }

    [Fact]
    public async Task Refuses_a_header_block_that_is_too_large()
    {
        _kit.Make(new IntakeOptions { Hostname = IntakeKit.Hostname, MaxHeaderBytes = 1000 });

        var result = await _kit.AcceptAsync($"Subject: {new string('x', 1000)}\r\n\r\nHello.\r\n");

        AssertRefused(result, 552, "5.3.4");
    }

    [Theory]
    [InlineData(HeaderBlock.MaxFields, true)]
    [InlineData(HeaderBlock.MaxFields + 1, false)]
    public async Task Refuses_more_fields_than_are_looked_at(int fields, bool isAccepted)
    {
        var junk = string.Concat(Enumerable.Repeat("x:\r\n", fields - 2));

        var result = await _kit.AcceptAsync($"From: app@example.com\r\n{junk}From: other@example.org\r\n\r\nHello.\r\n");

        Assert.Equal(isAccepted, result.Id is not null);
        if (!isAccepted)
        {
            AssertRefused(result, 552, "5.3.4");
        }
    }

    [Theory]
    [InlineData("=?utf-8?q?I_=3C3_mail_=3A=28?= <app@example.org>")]
    [InlineData("=?utf-8?q?=3Cx=40example.net=3E_=28?= <app@example.org>")]
    public async Task The_domain_of_from_does_not_stand_in_a_name(string from)
    {
        var details = await _kit.FindAsync(await _kit.AcceptAsync($"From: {from}\r\n\r\nHello.\r\n"));

        Assert.Equal("example.org", details.Message.FromDomain);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public async Task Refuses_a_message_that_passed_too_many_hosts(int hosts, bool isAccepted)
    {
        var received = string.Concat(Enumerable.Range(0, hosts).Select(i => $"Received: from a.example by h{i}.example with SMTP; x\r\n"));

        var result = await _kit.AcceptAsync(received + IntakeKit.Plain);

        Assert.Equal(isAccepted, result.Id is not null);
        if (!isAccepted)
        {
            AssertRefused(result, 554, "5.4.6");
        }
    }

    [Theory]
    [InlineData(10, "with SMTP; x", true)]
    [InlineData(11, "with SMTP; x", false)]
    [InlineData(11, "(door); x", false)]
    [InlineData(11, null, false)]
    [InlineData(11, "; x", false)]
    [InlineData(11, ".org; x", true)]
    public async Task Refuses_a_message_that_passed_this_host_too_often(int times, string? rest, bool isAccepted)
    {
        var clauses = rest?[0] is ';' or '.' ? rest : rest is null ? "" : " " + rest;
        var received = string.Concat(Enumerable.Repeat($"Received: from a.example\r\n\tby RELAY.example.com{clauses}\r\n", times));

        Assert.Equal(isAccepted, (await _kit.AcceptAsync(received + IntakeKit.Plain)).Id is not null);
    }

    [Fact]
    public async Task Settles_suppressed_recipients_with_an_event_that_says_why()
    {
        await _kit.Suppressions.AddAsync("bob@example.net", SuppressionReason.Complaint, "asked by phone");

        var details = await _kit.FindAsync(await _kit.AcceptAsync(IntakeKit.Plain, "Bob@example.net", "eve@example.org"));

        Assert.Equal([RecipientState.Suppressed, RecipientState.Ready], details.Recipients.Select(r => r.State));
        var suppressed = Assert.Single(_kit.Store.AllEvents, e => e.Kind == DeliveryEventKind.Suppressed);
        Assert.Equal(("Bob@example.net", FaultSide.Recipient, "suppressed"), (suppressed.Recipient, suppressed.Fault, suppressed.Class));
        Assert.Equal("on the suppression list (Complaint): asked by phone", suppressed.Text);
    }

    [Fact]
    public async Task Waits_for_the_time_a_message_is_scheduled_for()
    {
        _kit.Dispatch.HasRoom = true;
        var later = _kit.Time.GetUtcNow().AddHours(3);

        var details = await _kit.FindAsync(await _kit.AcceptAsync(IntakeKit.Plain, IntakeKit.Submission("bob@example.net") with { NotBefore = later }));

        Assert.Equal((RecipientState.Scheduled, later), (details.Recipients[0].State, details.Recipients[0].NextAttempt));
        Assert.Equal(later.AddDays(5), details.Message.ExpiresAt);
        Assert.Empty(_kit.Dispatch.Reserved);
    }

    [Fact]
    public async Task Hands_over_what_was_born_leased_exactly_once_for_each_key()
    {
        _kit.Dispatch.HasRoom = true;

        var result = await _kit.AcceptAsync(IntakeKit.Plain, "bob@example.net", "eve@example.org", "joe@example.net");

        Assert.Equal(["example.net 2", "example.org 1"], _kit.Dispatch.Dispatched.Select(t => $"{t.QueueKey} {t.Recipients.Count}").Order());
        Assert.All(_kit.Dispatch.Dispatched, task => Assert.Equal((result.Id, IntakeKit.Plain.Length), (task.Message.Id, task.Content!.Value.Length)));
        Assert.Equal(2, _kit.Dispatch.Reserved.Count);
        Assert.Empty(_kit.Dispatch.Cancelled);
    }

    [Fact]
    public async Task Gives_room_back_when_all_recipients_of_the_key_are_suppressed()
    {
        _kit.Dispatch.HasRoom = true;
        await _kit.Suppressions.AddAsync("bob@example.net");

        await _kit.AcceptAsync();

        Assert.Equal(_kit.Dispatch.Reserved, _kit.Dispatch.Cancelled);
        Assert.Empty(_kit.Dispatch.Dispatched);
    }

    [Fact]
    public async Task Leases_no_more_recipients_of_a_key_than_a_task_holds()
    {
        _kit.Dispatch.HasRoom = true;

        var details = await _kit.FindAsync(await _kit.AcceptAsync(IntakeKit.Plain, [.. Enumerable.Range(0, 101).Select(i => $"u{i}@example.net")]));

        Assert.All(details.Recipients, recipient => Assert.Equal(RecipientState.Ready, recipient.State));
        Assert.Empty(_kit.Dispatch.Reserved);
    }

    [Fact]
    public async Task Answers_451_and_gives_room_back_when_the_spool_fails()
    {
        _kit.Dispatch.HasRoom = true;
        _kit.Spool.FailCommits = true;

        AssertRefused(await _kit.AcceptAsync(), 451, "4.3.0");

        Assert.Equal(_kit.Dispatch.Reserved, _kit.Dispatch.Cancelled);
        Assert.Equal(0, _kit.Spool.Unfinished);
        Assert.Empty(_kit.Store.AllEvents);
    }

    [Fact]
    public async Task Answers_451_and_deletes_the_file_when_the_store_fails()
    {
        var kit = new IntakeKit(inlineLimitBytes: 10) { Dispatch = { HasRoom = true } };
        kit.Store.Health = new StoreHealth(false, "as asked");

        AssertRefused(await kit.AcceptAsync(), 451, "4.3.0");

        Assert.Empty(kit.Spool.Files);
        Assert.Equal(kit.Dispatch.Reserved, kit.Dispatch.Cancelled);
        Assert.Empty(kit.Dispatch.Dispatched);
    }

    [Fact]
    public async Task Keeps_the_file_of_what_was_stored()
    {
        var kit = new IntakeKit(inlineLimitBytes: 10);

        await kit.AcceptAsync();

        Assert.Single(kit.Spool.Files);
    }

    [Fact]
    public async Task Leaves_the_commit_to_whoever_has_more_to_write()
    {
        IReadOnlyList<MessageDraft>? committed = null;
        var result = await _kit.AcceptAsync(IntakeKit.Plain, IntakeKit.Submission("bob@example.net"), drafts =>
        {
            committed = drafts;
            return ValueTask.FromResult<IReadOnlyList<DeliveryTask>>([]);
        });

        Assert.Equal(result.Id, Assert.Single(committed!).Message.Id);
        Assert.Empty(_kit.Store.AllEvents);
    }

    [Fact]
    public void Is_unwell_when_spool_or_store_is()
    {
        Assert.True(_kit.Intake.Health.IsHealthy);
        _kit.Store.Health = new StoreHealth(false, "store");
        Assert.Equal("store", _kit.Intake.Health.Reason);
        _kit.Spool.Health = new StoreHealth(false, "spool");
        Assert.Equal("spool", _kit.Intake.Health.Reason);
    }

    [Fact]
    public async Task Carries_the_envelope_into_the_queue()
    {
        var submission = IntakeKit.Submission("bob@example.net");
        var envelope = submission.Envelope with
        {
            ReversePath = ReversePath.Null,
            BodyType = BodyType.EightBitMime,
            SmtpUtf8 = true,
            RequireTls = true,
            Return = DsnReturn.Headers,
            EnvelopeId = "e-1",
            Recipients = [submission.Envelope.Recipients[0] with { Notify = DsnNotify.Never, OriginalRecipient = "rfc822;x@example.net" }],
        };

        var details = await _kit.FindAsync(await _kit.AcceptAsync(IntakeKit.Plain, submission with { Envelope = envelope, CredentialId = 7 }));

        var message = details.Message;
        Assert.True(message is { ReversePath.IsNull: true, BodyType: BodyType.EightBitMime, SmtpUtf8: true, RequireTls: true, Return: DsnReturn.Headers, EnvelopeId: "e-1", CredentialId: 7 });
        Assert.True(details.Recipients[0] is { Notify: DsnNotify.Never, OriginalRecipient: "rfc822;x@example.net" });
    }

    private void AssertRefused(IntakeResult result, int code, string enhanced)
    {
        Assert.Null(result.Id);
        Assert.Equal((code, enhanced), (result.Refusal!.Code, result.Refusal.Enhanced.ToString()));
        Assert.Empty(_kit.Store.AllEvents);
    }
}
