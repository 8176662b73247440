using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Reports that come in, against the real store: what they change, and what they must not.</summary>
public sealed class ReportReceiverTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualTimeProvider _time = new();
    private readonly TemporaryStores _stores;
    private readonly ReturnPathCodec _codec = new(new FixedTokenKeys());
    private readonly LinkTokens _links;
    private readonly LeavingActions _actions = new();
    private readonly FeedbackIdCodec _feedbackIds = new(new FixedTokenKeys());
    private readonly DeliveryOptions _options = new() { Hostname = "relay.example.org" };

    public ReportReceiverTests()
    {
        _stores = new TemporaryStores(_time);
        _links = new LinkTokens(KeyRing.Parse(KeyRing.CreateText()), _time);
    }

    public async Task InitializeAsync() => await _stores.OpenAsync();

    public Task DisposeAsync() => _stores.DeleteAsync();

    [Fact]
    public async Task A_bounce_makes_a_delivered_recipient_bounced_and_goes_on_to_the_sender()
    {
        var sent = await DeliveredAsync("jane@example.net");
        var outcome = await ReceiveAsync(await ReturnPathOfAsync(sent), Bounce("jane@example.net", "550 5.1.1 no such user"));

        Assert.Equal(OutcomeKind.Delivered, outcome.Kind);
        Assert.Equal(RecipientState.Bounced, (await FindAsync(sent)).Recipients[0].State);
        var bounced = Assert.Single(await EventsAsync(DeliveryEventKind.Bounced));
        Assert.Equal(("jane@example.net", "bad-mailbox", true, FaultSide.Recipient), (bounced.Recipient, bounced.Class, bounced.IsHard, bounced.Fault));
        Assert.Equal((550, "5.1.1", "no such user"), (bounced.ReplyCode, bounced.EnhancedCode, bounced.Text));
        var forwarded = Assert.Single(await WaitingAsync("example.com"));
        Assert.True(forwarded.Message.ReversePath.IsNull);
        // Whoever knows the return path wrote it: no domain of ours signs it.
        Assert.Null(forwarded.Message.FromDomain);
        Assert.Equal("sender@example.com", forwarded.Recipients[0].Address.ToString());
    }

    [Fact]
    public async Task A_mail_with_the_token_of_a_link_does_what_the_link_does_and_one_with_a_made_up_token_nothing()
    {
        var token = _links.Write(new LinkToken { Purpose = LinkPurpose.Unsubscribe, AccountId = 1, Recipient = $"{new string('a', 64)}@{new string('b', 60)}.example.net" });
        var reports = Mailbox.Parse("reports@example.com");
        Assert.Equal(OutcomeKind.Delivered, (await ReceiveAsync(reports, $"From: x@example.org\r\nSubject: unsubscribe {token}\r\n\r\n")).Kind);
        Assert.Single(_actions.Left);
        Assert.Equal(OutcomeKind.Captured, (await ReceiveAsync(reports, $"From: x@example.org\r\nSubject: unsubscribe {token[..^2]}AA\r\n\r\n")).Kind);
        Assert.Single(_actions.Left);
    }

    [Fact]
    public async Task The_same_report_again_changes_nothing()
    {
        var sent = await DeliveredAsync("jane@example.net");
        await ReceiveAsync(await ReturnPathOfAsync(sent), Bounce("jane@example.net", "550 5.1.1 no such user"));
        await ReceiveAsync(await ReturnPathOfAsync(sent), Bounce("jane@example.net", "550 5.1.1 no such user"));
        Assert.Single(await EventsAsync(DeliveryEventKind.Bounced));
        Assert.Single(await WaitingAsync("example.com"));
    }

    [Fact]
    public async Task A_recipient_that_was_forwarded_elsewhere_is_the_only_one_of_its_variant()
    {
        var sent = await DeliveredAsync("jane@example.net");
        await ReceiveAsync(await ReturnPathOfAsync(sent), Bounce("somebody.else@example.org", "550 5.1.1 no such user"));
        Assert.Equal("jane@example.net", Assert.Single(await EventsAsync(DeliveryEventKind.Bounced)).Recipient);
    }

    [Fact]
    public async Task A_report_that_names_nobody_of_several_is_recorded_on_the_message_only()
    {
        var sent = await DeliveredAsync("jane@example.net", "joan@example.net");
        await ReceiveAsync(await ReturnPathOfAsync(sent), Bounce("somebody.else@example.org", "550 5.1.1 no such user"));
        Assert.Empty(await EventsAsync(DeliveryEventKind.Bounced));
        Assert.Null(Assert.Single(await EventsAsync(DeliveryEventKind.Reported)).Recipient);
        Assert.All((await FindAsync(sent)).Recipients, recipient => Assert.Equal(RecipientState.Delivered, recipient.State));
    }

    [Fact]
    public async Task A_forged_return_path_changes_nothing()
    {
        var sent = await DeliveredAsync("jane@example.net");
        var real = await ReturnPathOfAsync(sent);
        var forged = Mailbox.Parse(real.LocalPart[..^1] + (real.LocalPart[^1] == '0' ? '1' : '0') + "@bounce.example.com");
        var outcome = await ReceiveAsync(forged, Bounce("jane@example.net", "550 5.1.1 no such user"));
        Assert.Equal(OutcomeKind.Captured, outcome.Kind);
        Assert.Equal(RecipientState.Delivered, (await FindAsync(sent)).Recipients[0].State);
    }

    [Fact]
    public async Task An_expired_return_path_changes_nothing()
    {
        var sent = await DeliveredAsync("jane@example.net");
        var path = await ReturnPathOfAsync(sent);
        _time.Advance(TimeSpan.FromDays(60));
        Assert.Equal(OutcomeKind.Captured, (await ReceiveAsync(path, Bounce("jane@example.net", "550 5.1.1 no such user"))).Kind);
        Assert.Equal(RecipientState.Delivered, (await FindAsync(sent)).Recipients[0].State);
    }

    [Fact]
    public async Task A_bounce_whose_message_is_known_only_by_its_header_is_kept_and_changes_nothing()
    {
        var sent = await DeliveredAsync("jane@example.net");
        var header = $"Received: from a by relay.example.org with ESMTP id {sent.Id}; Mon, 30 Nov 2026 12:00:00 +0000\r\n";
        var outcome = await ReceiveAsync(Mailbox.Parse("fbl@relay.example.org"), Bounce("jane@example.net", "550 5.1.1 no such user", header));
        Assert.Equal(OutcomeKind.Captured, outcome.Kind);
        Assert.Empty(await EventsAsync(DeliveryEventKind.Bounced));
        var reported = Assert.Single(await EventsAsync(DeliveryEventKind.Reported));
        Assert.Equal((sent.Id, "jane@example.net"), (reported.MessageId, reported.Recipient));
        Assert.StartsWith("not proved, a delivery report: failed 5.1.1 550 5.1.1 no such user", reported.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(29, true)]
    [InlineData(-4, true)]
    [InlineData(31, false)]
    [InlineData(-6, false)]
    public async Task What_is_known_by_the_senders_message_id_alone_is_recorded_and_nothing_follows(int minutesLater, bool isFound)
    {
        var sent = await DeliveredAsync("jane@example.net");
        var date = MailDate.Format(sent.AcceptedAt.AddMinutes(-minutesLater));
        var header = $"Message-ID: {sent.MessageId}\r\nDate: {date}\r\n";
        var observer = new SuppressionObserver(_stores.Stores.Suppressions, _stores.Stores.Queue, new SuppressionOptions());
        var fbl = Mailbox.Parse("fbl@relay.example.org");
        Assert.Equal(OutcomeKind.Captured, (await ReceiveAsync(fbl, Bounce("jane@example.net", "550 5.1.1 no such user", header))).Kind);
        Assert.Equal(OutcomeKind.Captured, (await ReceiveAsync(fbl, Complaint("abuse", "jane@example.net", header))).Kind);
        Assert.Equal(OutcomeKind.Captured, (await ReceiveAsync(fbl, Complaint("abuse", "jane@example.net", header.Replace(sent.MessageId!, "<other@example.com>", StringComparison.Ordinal)))).Kind);

        await observer.ObserveAsync(await AllEventsAsync(), None);
        Assert.Equal(isFound ? 2 : 0, (await AllEventsAsync()).Count);
        Assert.All(await AllEventsAsync(), e => Assert.Equal((DeliveryEventKind.Reported, sent.Id), (e.Kind, e.MessageId)));
        Assert.Empty(await _stores.Stores.Suppressions.ListAsync(new SuppressionListing(1), None));
        Assert.Equal(RecipientState.Delivered, (await FindAsync(sent)).Recipients[0].State);
    }

    [Fact]
    public async Task A_delay_is_recorded_and_bounces_nobody()
    {
        var sent = await DeliveredAsync("jane@example.net");
        await ReceiveAsync(await ReturnPathOfAsync(sent), Bounce("jane@example.net", "450 4.2.0 later").Replace("Action: failed", "Action: delayed", StringComparison.Ordinal));
        Assert.Empty(await EventsAsync(DeliveryEventKind.Bounced));
        Assert.StartsWith("delayed", Assert.Single(await EventsAsync(DeliveryEventKind.Reported)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_complaint_is_an_event_of_its_recipient()
    {
        var sent = await DeliveredAsync("jane@example.net");
        var header = $"Received: from a by relay.example.org with ESMTP id {sent.Id}; Mon, 30 Nov 2026 12:00:00 +0000\r\n";
        await ReceiveAsync(Mailbox.Parse("fbl@relay.example.org"), Complaint("abuse", "jane@example.net", header));
        Assert.Equal("jane@example.net", Assert.Single(await EventsAsync(DeliveryEventKind.Complained)).Recipient);
        Assert.Equal(RecipientState.Delivered, (await FindAsync(sent)).Recipients[0].State);
    }

    [Fact]
    public async Task A_feedback_id_names_the_message_and_a_copy_and_none_that_was_made_up_or_is_over()
    {
        var sent = await DeliveredAsync("jane@example.net", "joe@example.net");
        var fbl = Mailbox.Parse("fbl@relay.example.org");
        string Header(string? only) => $"CFBL-Feedback-ID: {_feedbackIds.Encode(sent.Id, only is null ? null : Mailbox.Parse(only), _time.GetUtcNow().AddDays(3))}\r\n";

        Assert.Equal(OutcomeKind.Captured, (await ReceiveAsync(fbl, Complaint("abuse", "jane@example.net", Header(null).Replace(": b", ": b1", StringComparison.Ordinal)))).Kind);
        await ReceiveAsync(fbl, Complaint("abuse", "jane@example.net", Header(null)));
        Assert.Equal("jane@example.net", Assert.Single(await EventsAsync(DeliveryEventKind.Complained)).Recipient);

        // What stands in one recipient's copy complains for him, whoever else is named.
        await ReceiveAsync(fbl, Complaint("abuse", "jane@example.net", Header("joe@example.net")));
        Assert.Equal(["jane@example.net", "joe@example.net"], (await EventsAsync(DeliveryEventKind.Complained)).Select(e => e.Recipient));

        // It is no return path: a bounce about the message is not made with it.
        Assert.Equal(OutcomeKind.Captured, (await ReceiveAsync(fbl, Bounce("jane@example.net", "550 5.1.1 no such user", Header(null)))).Kind);
        var late = Header(null);
        _time.Advance(TimeSpan.FromDays(5));
        Assert.Equal(OutcomeKind.Captured, (await ReceiveAsync(fbl, Complaint("abuse", "jane@example.net", late))).Kind);
        Assert.Empty(await EventsAsync(DeliveryEventKind.Bounced));
    }

    [Fact]
    public async Task An_opt_out_unsubscribes_and_a_vacation_does_nothing()
    {
        var sent = await DeliveredAsync("jane@example.net");
        await ReceiveAsync(await ReturnPathOfAsync(sent), Complaint("opt-out", "jane@example.net", string.Empty));
        await ReceiveAsync(await ReturnPathOfAsync(sent), "From: jane@example.net\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n");
        Assert.Equal(DeliveryEventKind.Unsubscribed, Assert.Single(await AllEventsAsync()).Kind);
    }

    [Fact]
    public async Task What_is_no_report_is_kept_readable() =>
        Assert.Equal(OutcomeKind.Captured, (await ReceiveAsync(Mailbox.Parse("fbl@relay.example.org"), "From: a@example.net\r\nSubject: hello\r\n\r\nHello!\r\n")).Kind);

    [Fact]
    public async Task Hard_bounces_and_complaints_suppress_and_faults_of_ours_do_not()
    {
        var observer = new SuppressionObserver(_stores.Stores.Suppressions, _stores.Stores.Queue, new SuppressionOptions());
        foreach (var (who, reply) in new[] { ("gone@example.net", "550 5.1.1 no such user"), ("full@example.net", "552 5.2.2 mailbox full"), ("listed@example.net", "554 5.7.1 blocked using spamhaus") })
        {
            var sent = await DeliveredAsync(who);
            await ReceiveAsync(await ReturnPathOfAsync(sent), Bounce(who, reply));
        }

        var complained = await DeliveredAsync("angry@example.net");
        await ReceiveAsync(await ReturnPathOfAsync(complained), Complaint("abuse", "angry@example.net", string.Empty));
        await observer.ObserveAsync(await AllEventsAsync(), None);
        await observer.ObserveAsync(await AllEventsAsync(), None);
        var list = await _stores.Stores.Suppressions.ListAsync(new SuppressionListing(1), None);
        Assert.Equal([("angry@example.net", SuppressionReason.Complaint), ("gone@example.net", SuppressionReason.HardBounce)], list.Select(entry => (entry.Address, entry.Reason)));
        Assert.Contains("user-unknown@", list[1].Evidence, StringComparison.Ordinal);
    }

    private async Task<QueuedMessage> DeliveredAsync(params string[] recipients)
    {
        var draft = Drafts.Message(_time.GetUtcNow(), recipients).With(message => message with { ReversePath = new ReversePath(Mailbox.Parse("sender@example.com")), MessageId = $"<own.{message.Id}@example.com>" });
        await _stores.Stores.Queue.EnqueueAsync([draft]);
        foreach (var key in recipients.Select(r => Mailbox.Parse(r).DomainText).Distinct())
        {
            foreach (var task in await WaitingAsync(key))
            {
                await _stores.Stores.Queue.SettleAsync(new Settlement
                {
                    Lease = task.Lease,
                    MessageId = task.Message.Id,
                    VariantId = task.Variant.Id,
                    Recipients = [.. task.Recipients.Select(recipient => new RecipientSettlement
                    {
                        RecipientId = recipient.Id,
                        State = RecipientState.Delivered,
                        Attempts = 1,
                        Event = new DeliveryEvent { Kind = DeliveryEventKind.Delivered, At = _time.GetUtcNow(), MessageId = task.Message.Id, Recipient = recipient.Address.ToString() },
                    })],
                });
            }
        }

        return draft.Message;
    }

    private async Task<Mailbox> ReturnPathOfAsync(QueuedMessage message)
    {
        var details = await FindAsync(message);
        return Mailbox.Parse($"{_codec.Encode(message.Id, details.Variants[0].Id, _time.GetUtcNow().AddDays(10))}@bounce.example.com");
    }

    private async ValueTask<MessageDetails> FindAsync(QueuedMessage message) => (await _stores.Stores.Queue.FindAsync(message.Id, None))!;

    private async Task<List<DeliveryTask>> WaitingAsync(string key)
    {
        var tasks = new List<DeliveryTask>();
        foreach (var due in (await _stores.Stores.Queue.DueLanesAsync(_time.GetUtcNow().AddDays(1), null, 100, None)).Where(due => due.QueueKey == key))
        {
            tasks.AddRange(await _stores.Stores.Queue.LeaseDueAsync(due.Lane, 100, None));
        }

        return tasks;
    }

    private async ValueTask<List<DeliveryEvent>> EventsAsync(DeliveryEventKind kind) => [.. (await AllEventsAsync()).Where(e => e.Kind == kind)];

    private async ValueTask<List<DeliveryEvent>> AllEventsAsync() =>
        [.. (await _stores.Stores.Outbox.ReadAsync(0, 1000, None)).Where(e => e.Kind is not (DeliveryEventKind.Accepted or DeliveryEventKind.Delivered))];

    private async ValueTask<AttemptOutcome> ReceiveAsync(Mailbox address, string content)
    {
        var stores = _stores.Stores;
        var intake = new MessageIntake(
            stores.Spool, stores.Queue, stores.Suppressions, new RecordingDispatch(), new IntakeOptions { Hostname = _options.Hostname }, _time, NullLogger<MessageIntake>.Instance);
        var receiver = new ReportReceiver(
            stores.Spool,
            new ReportMatcher(stores.Queue, stores.LateOutcomes, _codec, _feedbackIds, _options, _time),
            stores.LateOutcomes,
            new IntakeReportDoor(intake),
            stores.AggregateReports,
            _links,
            _actions,
            new DeliveryMetrics(new DeliveryKit.TestMeters()),
            NullLogger<ReportReceiver>.Instance,
            _time);
        var bytes = Encoding.UTF8.GetBytes(content);
        var draft = Drafts.Message(_time.GetUtcNow(), [address.ToString()]);
        return await receiver.ReceiveAsync(
            new DeliveryTask
            {
                Lease = new LeaseToken(1, 1),
                Message = draft.Message,
                Variant = new Variant { Id = 1, Content = new ContentReference(1, bytes.Length, 0, null), Prefix = ReadOnlyMemory<byte>.Empty },
                QueueKey = OwnKeys.Reports,
                Recipients = [new QueuedRecipient { Id = 1, MessageId = draft.Message.Id, VariantId = 1, Address = address, QueueKey = OwnKeys.Reports, State = RecipientState.Leased }],
                Content = bytes,
            },
            None);
    }

    private sealed class LeavingActions : ILinkActions
    {
        public List<string> Left { get; } = [];

        public ValueTask LeaveAsync(LinkToken token, CancellationToken cancellationToken)
        {
            Left.Add(token.Recipient);
            return ValueTask.CompletedTask;
        }
    }

    private static string Bounce(string recipient, string reply, string originalHeader = "") => $"""
        From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
        To: sender@example.com
        Subject: Undelivered Mail Returned to Sender
        Content-Type: multipart/report; report-type=delivery-status; boundary="b"

        --b
        Content-Type: text/plain

        Your mail could not be delivered.
        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.net

        Final-Recipient: rfc822; {recipient}
        Action: failed
        Status: {reply.Split(' ')[1]}
        Diagnostic-Code: smtp; {reply}

        --b
        Content-Type: text/rfc822-headers

        {originalHeader}Subject: hello

        --b--

        """.ReplaceLineEndings("\r\n");

    private static string Complaint(string type, string recipient, string originalHeader) => $"""
        From: fbl@example.net
        Subject: FW: hello
        Content-Type: multipart/report; report-type=feedback-report; boundary="b"

        --b
        Content-Type: text/plain

        An abuse report.
        --b
        Content-Type: message/feedback-report

        Feedback-Type: {type}
        User-Agent: example/1
        Version: 1
        Original-Rcpt-To: {recipient}

        --b
        Content-Type: message/rfc822

        {originalHeader}Subject: hello

        hello
        --b--

        """.ReplaceLineEndings("\r\n");
}
