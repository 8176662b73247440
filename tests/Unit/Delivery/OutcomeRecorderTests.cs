using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class OutcomeRecorderTests
{
    private readonly DeliveryKit _kit = new();
    private readonly Route _route = DeliveryKit.MxRoute("example.com", FakePeers.Host("mx1.example.com"));

    [Fact]
    public async Task A_delivery_is_final_with_all_facts_in_its_event()
    {
        var settlement = await RecordAsync(_kit.Task(["a@example.com"]), Outcome("250 2.0.0", TransactionStep.FinalDot) with
        {
            RemoteHost = "mx1.example.com",
            RemoteAddress = "192.0.2.1",
            Tls = "TLS1.3 x verified",
        });

        var recipient = Assert.Single(settlement.Recipients);
        Assert.Equal((RecipientState.Delivered, 1, null), (recipient.State, recipient.Attempts, recipient.NextAttempt));
        Assert.Equal("mx1.example.com [192.0.2.1]", recipient.LastHost);
        var told = recipient.Event;
        Assert.Equal((DeliveryEventKind.Delivered, 250, "2.0.0", "example.com", "default"), (told.Kind, told.ReplyCode, told.EnhancedCode, told.Site, told.Source));
        Assert.Equal(("a@example.com", 1, "FinalDot", "TLS1.3 x verified"), (told.Recipient, told.Attempt, told.Step, told.Tls));
        Assert.Empty(settlement.Reports);
    }

    [Fact]
    public async Task A_deferral_gets_its_next_time_and_keeps_the_signature()
    {
        var signature = new VariantSignature(new byte[] { 1 }, _kit.Clock.Now, "k");

        var settlement = await RecordAsync(_kit.Task(["a@example.com"]), Outcome("451 4.3.0", TransactionStep.Mail), signature);

        var recipient = Assert.Single(settlement.Recipients);
        Assert.Equal(RecipientState.Deferred, recipient.State);
        Assert.InRange(recipient.NextAttempt!.Value - _kit.Clock.Now, TimeSpan.FromSeconds(54), TimeSpan.FromSeconds(66));
        Assert.Equal(recipient.NextAttempt, recipient.Event.NextAttempt);
        Assert.Same(signature, settlement.Signature);
        Assert.Empty(_kit.Reports);
    }

    [Fact]
    public async Task A_deferral_after_the_expiry_gives_up_and_reports_it()
    {
        var task = _kit.Task(["a@example.com"], message: m => m with { ExpiresAt = _kit.Clock.Now }, recipient: r => r with { Attempts = 7 });

        var settlement = await RecordAsync(task, Outcome("451 4.3.0", TransactionStep.Mail));

        Assert.Equal((RecipientState.Expired, 8), (settlement.Recipients[0].State, settlement.Recipients[0].Attempts));
        Assert.Equal("expired", settlement.Recipients[0].Event.Class);
        Assert.Equal("5.4.7", Assert.Single(_kit.Reports).Recipients[0].Status.ToString());
        Assert.Single(settlement.Reports);
    }

    [Fact]
    public async Task What_was_not_attempted_counts_no_attempt()
    {
        var at = _kit.Clock.Now.AddMinutes(3);

        var settlement = await RecordAsync(_kit.Task(["a@example.com"]), AttemptOutcome.NotAttempted("waits", at));

        Assert.Equal((RecipientState.Deferred, 0, at), (settlement.Recipients[0].State, settlement.Recipients[0].Attempts, settlement.Recipients[0].NextAttempt));
    }

    [Fact]
    public async Task Captured_says_so()
    {
        var settlement = await RecordAsync(_kit.Task(["a@example.com"]), new AttemptOutcome { Kind = OutcomeKind.Captured, Status = new EnhancedStatusCode(2, 0, 0), Text = "captured by sandbox" });

        Assert.Equal((RecipientState.Captured, DeliveryEventKind.Captured), (settlement.Recipients[0].State, settlement.Recipients[0].Event.Kind));
    }

    [Fact]
    public async Task Failures_of_one_task_share_a_report_in_the_same_settlement()
    {
        var task = _kit.Task(["a@example.com", "b@example.com"]);

        var settlement = await RecordAsync(task, Outcome("550 5.1.1", TransactionStep.Recipient));

        Assert.Equal(2, Assert.Single(_kit.Reports).Recipients.Count);
        Assert.Single(_kit.Store.Settled);
        var draft = Assert.Single(settlement.Reports);
        Assert.Equal(RecipientState.Ready, draft.Variants[0].Recipients[0].State);
        var envelope = Assert.Single(_kit.Submissions).Envelope;
        Assert.True(envelope.ReversePath.IsNull);
        Assert.Equal("sender@example.org", Assert.Single(envelope.Recipients).Mailbox.ToString());
        Assert.Equal(Door.Internal, _kit.Submissions[0].Door);
    }

    [Theory]
    [InlineData("sender@example.org", DsnNotify.Unspecified, true)]
    [InlineData("sender@example.org", DsnNotify.Failure, true)]
    [InlineData("sender@example.org", DsnNotify.Failure | DsnNotify.Delay, true)]
    [InlineData("sender@example.org", DsnNotify.Never, false)]
    [InlineData("sender@example.org", DsnNotify.Success, false)]
    [InlineData("sender@example.org", DsnNotify.Delay, false)]
    [InlineData(null, DsnNotify.Unspecified, false)]
    [InlineData(null, DsnNotify.Failure, false)]
    public async Task Reverse_path_and_notify_decide_whether_to_report(string? sender, DsnNotify notify, bool expected)
    {
        var task = _kit.Task(["a@example.com"], sender, recipient: r => r with { Notify = notify });

        var settlement = await RecordAsync(task, Outcome("550 5.1.1", TransactionStep.Recipient));

        Assert.Equal(RecipientState.Bounced, settlement.Recipients[0].State);
        Assert.Equal(expected, settlement.Reports.Count == 1);
    }

    [Theory]
    [InlineData(DsnReturn.Headers, ReportContent.Full, 100, false)]
    [InlineData(DsnReturn.Full, ReportContent.Headers, 100, true)]
    [InlineData(DsnReturn.Full, ReportContent.Headers, 2000, false)]
    [InlineData(DsnReturn.Unspecified, ReportContent.Headers, 100, false)]
    [InlineData(DsnReturn.Unspecified, ReportContent.Full, 900, true)]
    [InlineData(DsnReturn.Unspecified, ReportContent.Auto, 100, true)]
    [InlineData(DsnReturn.Unspecified, ReportContent.Auto, 900, false)]
    public async Task Ret_and_size_decide_what_is_returned(DsnReturn asked, ReportContent include, int bodyBytes, bool isWhole)
    {
        var kit = new DeliveryKit(new DeliveryOptions
        {
            Hostname = "relay.example.org",
            Reports = new ReportOptions { Include = include, AutoFullBytes = 500, MaxFullBytes = 1500 },
        });
        var task = kit.Task(["a@example.com"], message: m => m with { Return = asked }, content: "Subject: x\r\n\r\n" + new string('b', bodyBytes));
        var failed = task.Recipients.Select(r => new ReportedOutcome(r, Outcome("550 5.1.1", TransactionStep.Recipient), DeliveryAction.Failed)).ToList();

        var report = await kit.Bounces.PrepareAsync(task, failed);

        Assert.Equal(isWhole, report!.IsWhole);
        var text = System.Text.Encoding.ASCII.GetString(report.Returned.Span);
        Assert.StartsWith("Received: by relay.example.org\r\nSubject: x\r\n", text, StringComparison.Ordinal);
        Assert.Equal(isWhole, text.Contains("bbb", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_report_tells_the_peers_reply_and_the_original_recipient()
    {
        var task = _kit.Task(["a@example.com"], message: m => m with { EnvelopeId = "QQ314159" }, recipient: r => r with { OriginalRecipient = "rfc822;x@example.net" });

        await RecordAsync(task, Outcome("550 5.1.1", TransactionStep.Recipient) with { RemoteHost = "mx1.example.com" });

        var report = Assert.Single(_kit.Reports);
        Assert.Equal(("QQ314159", "relay.example.org", "postmaster@relay.example.org"), (report.EnvelopeId, report.ReportingHost, report.From));
        var recipient = Assert.Single(report.Recipients);
        Assert.Equal(("rfc822;x@example.net", "mx1.example.com", 550), (recipient.OriginalRecipient, recipient.RemoteHost, recipient.Reply!.Code));
    }

    [Fact]
    public async Task A_store_that_is_away_is_asked_again()
    {
        _kit.Store.FailingSettles = 2;
        var done = RecordAsync(_kit.Task(["a@example.com"]), Outcome("250 2.0.0", TransactionStep.FinalDot)).AsTask();
        while (!done.IsCompleted)
        {
            _kit.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(RecipientState.Delivered, (await done).Recipients[0].State);
    }

    [Fact]
    public async Task A_report_our_intake_refuses_for_good_does_not_keep_the_outcome()
    {
        _kit.RefuseReports = new IntakeResult { Refusal = SmtpReply.Of(550, "5.4.6", "loop") };

        var settlement = await RecordAsync(_kit.Task(["a@example.com"]), Outcome("550 5.1.1", TransactionStep.Recipient));

        Assert.Equal(RecipientState.Bounced, settlement.Recipients[0].State);
        Assert.Empty(settlement.Reports);
    }

    [Fact]
    public async Task Without_the_content_the_outcome_counts_and_no_report_is_made()
    {
        var task = _kit.Task(["a@example.com"]) with { Content = null };

        var settlement = await RecordAsync(task, Outcome("550 5.1.1", TransactionStep.Recipient));

        Assert.Equal(RecipientState.Bounced, settlement.Recipients[0].State);
        Assert.Empty(settlement.Reports);
    }

    private async ValueTask<Settlement> RecordAsync(DeliveryTask task, AttemptOutcome outcome, VariantSignature? signature = null)
    {
        var result = AttemptResult.ForAll(task, outcome, SiteFeedback.Success) with { Signature = signature };
        await _kit.Recorder.RecordAsync(_kit.Job(task, _route), _kit.QueueFor(_route).Path, result, CancellationToken.None);
        return _kit.Store.Settled[^1];
    }

    private static AttemptOutcome Outcome(string reply, TransactionStep step) => OutcomeClassifier.Classify(
        new RecipientResult(SmtpReply.Of(int.Parse(reply[..3], System.Globalization.CultureInfo.InvariantCulture), reply[4..], "text"), step, false), null);
}
