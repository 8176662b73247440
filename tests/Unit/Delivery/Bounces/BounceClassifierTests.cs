using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class BounceClassifierTests
{
    [Theory]
    [InlineData("550 5.1.1 The mailbox you are looking for cannot be found, no such user here", "user-unknown", true)]
    [InlineData("550 5.1.1 <jane@example.net>: Recipient address rejected: User unknown in virtual mailbox table", "user-unknown", true)]
    [InlineData("550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "user-unknown", true)]
    [InlineData("553 5.3.0 <jane@example.net>... No such user here", "user-unknown", true)]
    [InlineData("452 4.2.2 The email account that you tried to reach is over quota", "mailbox-full", false)]
    [InlineData("552 5.2.2 mailbox of jane is full", "mailbox-full", false)]
    [InlineData("550 5.2.1 This mailbox has been suspended", "mailbox-disabled", false)]
    [InlineData("550 5.1.2 Host or domain name not found", "host-unknown", true)]
    [InlineData("451 4.4.3 Domain name not found, try again", "network", false)]
    [InlineData("556 5.1.10 recipient domain has a null MX", "accepts-no-mail", true)]
    [InlineData("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "listed", false)]
    [InlineData("421 4.7.0 TSS04: messages from 192.0.2.1 temporarily deferred due to user complaints", "listed", false)]
    [InlineData("550 5.7.25 the sending IP has no PTR record", "no-reverse-name", false)]
    [InlineData("550 5.7.26 this mail has been blocked because the sender is unauthenticated", "unauthenticated", false)]
    [InlineData("550 5.7.509 Access denied, sending domain EXAMPLE.COM does not pass DMARC verification", "unauthenticated", false)]
    [InlineData("554 5.6.0 message rejected: virus found", "virus", false)]
    [InlineData("550 5.7.1 this message scored 12.4 as spam", "spam", false)]
    [InlineData("552 5.3.4 Message size exceeds fixed limit", "too-large", false)]
    [InlineData("450 4.2.0 Greylisted for 5 minutes", "greylisted", false)]
    [InlineData("421 4.7.28 unusual rate of mail from your network", "rate", false)]
    [InlineData("554 5.7.1 Relay access denied", "relaying", false)]
    [InlineData("550 5.7.1 Requested action not taken: message refused", "policy", false)]
    [InlineData("553 5.1.8 sender address rejected: domain not found", "sender-refused", false)]
    [InlineData("530 5.7.0 Must issue a STARTTLS command first", "tls", false)]
    [InlineData("451 4.3.0 mail server temporarily unavailable", "system", false)]
    [InlineData("550 5.4.1 All recipient addresses rejected : Access denied", "recipient-refuses", false)]
    [InlineData("550 5.5.0 Service refused, please try later", "policy", false)]
    [InlineData("451 4.0.0 Operating system error", "system", false)]
    [InlineData("550 5.4.4 No MX found for domain", "accepts-no-mail", true)]
    [InlineData("525 5.7.13 none", "login-required", false)]
    [InlineData("550 5.7.14 none", "policy", false)]
    [InlineData("550 5.7.18 none", "mailbox-disabled", false)]
    public void Replies_are_understood(string reply, string subclass, bool isHard)
    {
        var verdict = Classify(reply, null);
        Assert.Equal((subclass, isHard), (verdict.Subclass, verdict.IsHard));
        Assert.EndsWith("@" + BounceClassifier.Shipped.Version, verdict.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_behind_the_message_is_not_certain()
    {
        Assert.True(Classify("550 Unknown user jane@example.net", "Recipient").IsHard);
        Assert.False(Classify("550 Unknown user jane@example.net", "FinalDot").IsHard);
    }

    [Theory]
    [InlineData("550 5.5.1 Command not recognized", "Mail")]
    [InlineData("550 unknown host, who are you", "Hello")]
    [InlineData("550 5.1.2 domain does not exist", "Mail")]
    [InlineData("550 5.7.1 This user is not allowed to send here", "Recipient")]
    [InlineData("550 5.7.1 Message from this user rejected by filter", "FinalDot")]
    public void What_is_not_said_of_the_recipient_is_never_hard(string reply, string step) => Assert.False(Classify(reply, step).IsHard);

    [Fact]
    public void What_they_call_temporary_is_never_hard() => Assert.False(Classify("450 4.1.1 user unknown", "Recipient").IsHard);

    [Fact]
    public void Words_of_addresses_tell_nothing() =>
        Assert.Equal("user-unknown", Classify("550 5.1.1 <spam.virus.quota@example.net> does not exist", null).Subclass);

    [Fact]
    public void Nothing_known_is_never_hard()
    {
        var verdict = BounceClassifier.Shipped.Classify(new BounceFacts { Text = "qwertz" });
        Assert.True(verdict.IsUndefined);
        Assert.False(verdict.IsHard);
        Assert.Equal(FaultSide.None, verdict.Fault);
    }

    [Fact]
    public void Every_subclass_has_the_fault_of_its_class()
    {
        foreach (var subclass in BounceRules.Shipped.Subclasses.Values.Where(subclass => subclass.Class is not ("other" or "expired" or "suppressed")))
        {
            Assert.Equal((subclass.Name, BounceClass.FaultOf(subclass.Class)), (subclass.Name, subclass.Fault));
        }
    }

    [Fact]
    public void Every_subclass_is_decided_by_a_rule() =>
        Assert.Empty(BounceRules.Shipped.Subclasses.Keys.Except(BounceRules.Shipped.All.Select(rule => rule.Subclass.Name)).Except([BounceVerdict.Undefined]));

    [Theory]
    [InlineData("version = \"1\"\n[subclass]\nundefined = { class = \"other\", fault = \"none\", status = \"0.0\", says = \"\" }\n[[rule]]\nid = \"a\"\nsubclass = \"nothing\"\ntext = [\"x\"]", "there is no subclass 'nothing'")]
    [InlineData("version = \"1\"\n[subclass]\nundefined = { class = \"other\", fault = \"none\", status = \"0.0\", says = \"\" }\n[[rule]]\nid = \"a\"\nsubclass = \"undefined\"", "has no condition")]
    [InlineData("version = \"1\"\n[subclass]\nundefined = { class = \"other\", fault = \"none\", status = \"0.0\", says = \"\" }\n[[rule]]\nid = \"a\"\nsubclass = \"undefined\"\ntexts = [\"x\"]", "there is no key 'texts'")]
    [InlineData("version = 1", "'version' must be text")]
    public void A_faulty_rules_file_is_refused_with_the_place(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<FormatException>(() => BounceRules.Parse(text)).Message, StringComparison.Ordinal);

    private static BounceVerdict Classify(string reply, string? step) => BounceClassifier.Shipped.Classify(Facts(reply, step));

    internal static BounceFacts Facts(string reply, string? step)
    {
        var parts = reply.Split(' ', 3);
        var isCoded = EnhancedStatusCode.TryParse(parts[1], out var enhanced);
        return new BounceFacts
        {
            ReplyCode = int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture),
            Enhanced = isCoded ? enhanced : null,
            Text = isCoded ? parts[2] : reply[4..],
            Step = step,
        };
    }
}
