using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class OutcomeClassifierTests
{
    [Theory]
    // accepted
    [InlineData("250 2.0.0 queued", TransactionStep.FinalDot, "Delivered", "2.0.0", null)]
    [InlineData("250 ok", TransactionStep.FinalDot, "Delivered", "2.0.0", null)]
    [InlineData("252 2.1.5 maybe", TransactionStep.FinalDot, "Delivered", "2.1.5", null)]
    // recipients
    [InlineData("550 5.1.1 no such user", TransactionStep.Recipient, "Rejected", "5.1.1", "bad-mailbox")]
    [InlineData("550 No such user here", TransactionStep.Recipient, "Rejected", "5.1.1", "bad-mailbox")]
    [InlineData("550 mailbox unavailable", TransactionStep.Recipient, "Rejected", "5.1.1", "bad-mailbox")]
    [InlineData("551 5.1.6 moved", TransactionStep.Recipient, "Rejected", "5.1.6", "bad-mailbox")]
    [InlineData("553 5.1.3 bad syntax", TransactionStep.Recipient, "Rejected", "5.1.3", "bad-mailbox")]
    [InlineData("550 5.2.1 mailbox disabled", TransactionStep.Recipient, "Rejected", "5.2.1", "bad-mailbox")]
    [InlineData("550 5.1.2 bad destination", TransactionStep.Recipient, "Rejected", "5.1.2", "bad-domain")]
    [InlineData("556 5.1.10 null mx", TransactionStep.Recipient, "Rejected", "5.1.10", "bad-domain")]
    [InlineData("550 5.7.1 relaying denied", TransactionStep.Recipient, "Rejected", "5.7.1", "policy")]
    [InlineData("554 5.7.1 blocked using spamhaus", TransactionStep.Recipient, "Rejected", "5.7.1", "reputation")]
    [InlineData("450 4.2.0 greylisted, see later", TransactionStep.Recipient, "Deferred", "4.2.0", "greylist")]
    [InlineData("451 4.7.1 greylisting in action", TransactionStep.Recipient, "Deferred", "4.7.1", "greylist")]
    [InlineData("450 mailbox busy", TransactionStep.Recipient, "Deferred", "4.3.0", "system")]
    [InlineData("452 4.2.2 mailbox full", TransactionStep.Recipient, "Deferred", "4.2.2", "quota")]
    [InlineData("552 5.2.2 over quota", TransactionStep.Recipient, "Rejected", "5.2.2", "quota")]
    [InlineData("552 too many recipients", TransactionStep.Recipient, "Deferred", "4.5.3", "rate")]
    [InlineData("552 5.5.3 too many recipients", TransactionStep.Recipient, "Deferred", "4.5.3", "rate")]
    [InlineData("452 4.5.3 too many recipients", TransactionStep.Recipient, "Deferred", "4.5.3", "rate")]
    [InlineData("450 4.7.28 rate limited", TransactionStep.Recipient, "Deferred", "4.7.28", "rate")]
    [InlineData("451 4.3.0 internal error", TransactionStep.Recipient, "Deferred", "4.3.0", "system")]
    [InlineData("451 local error", TransactionStep.Recipient, "Deferred", "4.3.0", "system")]
    [InlineData("503 5.5.1 need MAIL", TransactionStep.Recipient, "Deferred", "4.5.1", "protocol")]
    [InlineData("501 5.1.3 syntax", TransactionStep.Recipient, "Rejected", "5.1.3", "bad-mailbox")]
    [InlineData("550 4.1.1 class does not fit", TransactionStep.Recipient, "Rejected", "5.1.1", "bad-mailbox")]
    // the sender
    [InlineData("550 5.1.8 sender domain", TransactionStep.Mail, "Rejected", "5.1.8", "bad-sender")]
    [InlineData("553 sender refused", TransactionStep.Mail, "Rejected", "5.1.8", "bad-sender")]
    [InlineData("550 5.7.23 SPF failed", TransactionStep.Mail, "Rejected", "5.7.23", "authentication")]
    [InlineData("451 4.1.8 sender domain not found", TransactionStep.Mail, "Deferred", "4.1.8", "bad-sender")]
    [InlineData("552 5.3.4 too large", TransactionStep.Mail, "Rejected", "5.3.4", "size")]
    [InlineData("452 4.3.1 out of disk", TransactionStep.Mail, "Deferred", "4.3.1", "system")]
    [InlineData("530 5.7.0 must issue STARTTLS first", TransactionStep.Mail, "Deferred", "4.7.0", "tls")]
    [InlineData("530 authentication required", TransactionStep.Mail, "Deferred", "4.7.0", "authentication")]
    [InlineData("500 what", TransactionStep.Mail, "Deferred", "4.5.2", "protocol")]
    [InlineData("502 not implemented", TransactionStep.Mail, "Deferred", "4.5.2", "protocol")]
    [InlineData("555 parameters unknown", TransactionStep.Mail, "Rejected", "5.5.2", "protocol")]
    // content
    [InlineData("554 5.6.0 malformed", TransactionStep.FinalDot, "Rejected", "5.6.0", "content")]
    [InlineData("554 5.7.1 message looks like spam", TransactionStep.FinalDot, "Rejected", "5.7.1", "spam")]
    [InlineData("550 5.7.1 virus found", TransactionStep.FinalDot, "Rejected", "5.7.1", "content")]
    [InlineData("550 5.7.26 unauthenticated", TransactionStep.FinalDot, "Rejected", "5.7.26", "authentication")]
    [InlineData("550 fails DMARC", TransactionStep.FinalDot, "Rejected", "5.7.26", "authentication")]
    [InlineData("552 message size exceeds", TransactionStep.FinalDot, "Rejected", "5.3.4", "size")]
    [InlineData("554 transaction failed", TransactionStep.FinalDot, "Rejected", "5.3.0", "system")]
    [InlineData("554 no valid recipients", TransactionStep.Data, "Rejected", "5.7.1", "policy")]
    [InlineData("451 4.4.2 timeout", TransactionStep.FinalDot, "Deferred", "4.4.2", "network")]
    // the connection
    [InlineData("421 4.3.2 shutting down", TransactionStep.Mail, "Deferred", "4.3.2", "system")]
    [InlineData("421 too many connections", TransactionStep.Recipient, "Deferred", "4.7.28", "rate")]
    // nonsense is trouble, not success
    [InlineData("250 2.1.5 ok", TransactionStep.Recipient, "Deferred", "4.1.5", "bad-mailbox")]
    [InlineData("354 go on", TransactionStep.FinalDot, "Deferred", "4.0.0", "other")]
    public void Reply_and_step_decide(string reply, TransactionStep step, string kind, string status, string? bounceClass)
    {
        var outcome = OutcomeClassifier.Classify(new RecipientResult(Reply(reply), step, MayHaveBeenAccepted: false), failure: null);

        Assert.Equal((kind, status, bounceClass), (outcome.Kind.ToString(), outcome.Status.ToString(), outcome.Class));
    }

    [Theory]
    [InlineData(false, "Deferred")]
    [InlineData(true, "Unknown")]
    public void A_lost_connection_is_never_final(bool mayBeAccepted, string kind)
    {
        var outcome = OutcomeClassifier.Classify(new RecipientResult(null, TransactionStep.FinalDot, mayBeAccepted), "connection reset");

        Assert.Equal(kind, outcome.Kind.ToString());
        Assert.Contains("connection reset", outcome.Text, StringComparison.Ordinal);
        Assert.Equal(FaultSide.Network, outcome.Fault);
    }

    [Theory]
    [InlineData("554 5.7.1 go away", TransactionStep.Greeting, "Deferred")]
    [InlineData("550 5.7.1 bad reputation", TransactionStep.Hello, "Deferred")]
    [InlineData("535 5.7.8 bad credentials", TransactionStep.Authentication, "Deferred")]
    [InlineData("421 4.7.0 later", TransactionStep.Greeting, "Deferred")]
    [InlineData("521 5.3.2 accepts no mail", TransactionStep.Greeting, "Rejected")]
    public void What_a_host_says_before_mail_is_seldom_about_the_mail(string reply, TransactionStep step, string kind) =>
        Assert.Equal(kind, OutcomeClassifier.ConnectionFailed(step, Reply(reply), "refused").Kind.ToString());

    [Theory]
    [InlineData(TransactionStep.Connect, "4.4.1", "network")]
    [InlineData(TransactionStep.Greeting, "4.4.2", "network")]
    [InlineData(TransactionStep.StartTls, "4.7.5", "tls")]
    [InlineData(TransactionStep.Authentication, "4.7.0", "authentication")]
    public void A_connection_that_never_spoke_is_deferred_with_its_step(TransactionStep step, string status, string bounceClass)
    {
        var outcome = OutcomeClassifier.ConnectionFailed(step, reply: null, "no connection");

        Assert.Equal((OutcomeKind.Deferred, status, bounceClass), (outcome.Kind, outcome.Status.ToString(), outcome.Class));
    }

    [Theory]
    [InlineData("451 later", TransactionStep.Mail, true)]
    [InlineData("451 later", TransactionStep.Recipient, false)]
    [InlineData("550 no", TransactionStep.Mail, false)]
    public void Only_trouble_of_the_host_moves_on_to_the_next_one(string reply, TransactionStep step, bool expected) =>
        Assert.Equal(expected, OutcomeClassifier.IsHostTrouble(OutcomeClassifier.Classify(new RecipientResult(Reply(reply), step, false), null)));

    [Fact]
    public void Remote_text_loses_its_control_characters()
    {
        var outcome = OutcomeClassifier.Classify(new RecipientResult(SmtpReply.Of(550, "5.1.1", "a\u001b[31mb\0c"), TransactionStep.Recipient, false), null);

        Assert.Equal("a [31mb c", outcome.Text);
    }

    private static SmtpReply Reply(string text)
    {
        var parts = text.Split(' ', 3);
        return EnhancedStatusCode.TryParse(parts[1], out var enhanced)
            ? new SmtpReply(int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), enhanced, parts[2])
            : new SmtpReply(int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), null, text[4..]);
    }
}
