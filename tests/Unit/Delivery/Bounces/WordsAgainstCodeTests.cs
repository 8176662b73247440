using System.Text;
using Relay.Delivery;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Reports whose words and codes say different things: an address is called dead only where the rest of the report bears it out.</summary>
public sealed class WordsAgainstCodeTests
{
    [Theory]
    [InlineData("550 5.2.1 <jane@example.net>: no such user (in reply to RCPT TO command)", "5.2.1", "user-unknown", true)]
    [InlineData("550 5.2.1 unknown recipient (in reply to end of DATA command)", "5.2.1", "mailbox-disabled", false)]
    [InlineData("550 5.2.1 unknown user", "5.2.1", "mailbox-disabled", false)]
    [InlineData("550 5.1.1 unknown user", "5.1.1", "user-unknown", true)]
    [InlineData("450 4.2.1 no such user at the moment", "4.2.1", "user-unknown", false)]
    public void Unknown_with_the_code_of_a_mailbox_that_is_there(string diagnostic, string status, string subclass, bool isHard) =>
        Assert.Equal((subclass, isHard), Judge(diagnostic, status, string.Empty));

    [Theory]
    [InlineData("bad-mailbox", "user-unknown", true)]
    [InlineData("Bad-Mailbox", "user-unknown", true)]
    [InlineData("inactive-mailbox", "mailbox-disabled", false)]
    [InlineData("policy-related", "mailbox-disabled", false)]
    public void What_the_system_sorted_it_as_decides_between_words_and_code(string category, string subclass, bool isHard) =>
        Assert.Equal((subclass, isHard), Judge("550 5.2.1 unknown recipient", "5.2.1", $"X-PowerMTA-BounceCategory: {category}\r\n"));

    [Theory]
    [InlineData("bad-mailbox", "user-unknown", true)]
    [InlineData("bad-domain", "host-unknown", true)]
    [InlineData("quota-issues", "mailbox-full", false)]
    [InlineData("spam-related", "spam", false)]
    [InlineData("no-answer-from-host", "network", false)]
    [InlineData("other", "undefined", false)]
    public void The_category_counts_where_nothing_else_is_said(string category, string subclass, bool isHard) =>
        Assert.Equal((subclass, isHard), Judge("qwertz", "5.0.0", $"X-PowerMTA-BounceCategory: {category}\r\n"));

    [Theory]
    [InlineData("550 Requested action not taken: mailbox unavailable (in reply to RCPT TO command)", "5.0.0", "user-unknown", true)]
    [InlineData("550 5.5.0 Requested action not taken: mailbox unavailable", "5.5.0", "user-unknown", true)]
    [InlineData("550 5.1.1 Requested mail action not taken: mailbox unavailable", "5.1.1", "user-unknown", true)]
    [InlineData("550 Requested action not taken: mailbox unavailable", "5.0.0", "recipient-refuses", false)]
    [InlineData("550 Requested action not taken: mailbox unavailable (in reply to end of DATA command)", "5.0.0", "recipient-refuses", false)]
    [InlineData("450 Requested mail action not taken: mailbox unavailable", "4.0.0", "recipient-refuses", false)]
    public void The_text_of_the_standard_for_three_things_is_hard_only_where_it_means_the_mailbox(string diagnostic, string status, string subclass, bool isHard) =>
        Assert.Equal((subclass, isHard), Judge(diagnostic, status, string.Empty));

    [Theory]
    [InlineData("failed", "5.4.4", "no MX found for example.net", true)]
    [InlineData("delayed", "4.4.4", "no MX found for example.net", false)]
    [InlineData("delayed", "5.1.2", "host unknown", false)]
    [InlineData("failed", "5.1.2", "host unknown", true)]
    [InlineData("failed", "5.4.4", "DNS lookup of example.net responded with SERVFAIL", false)]
    [InlineData("failed", "5.4.4", "Name service error for name=example.net type=MX: Malformed or unexpected name server reply", false)]
    public void A_domain_is_dead_only_when_somebody_knows(string action, string status, string diagnostic, bool isHard) =>
        Assert.Equal(isHard, Judge(diagnostic, status, string.Empty, action).IsHard);

    [Theory]
    [InlineData("550 Boîte pleine", "550 Boite pleine")]
    [InlineData("550 Usuário não encontrado", "550 Usua\u0301rio na\u0303o encontrado")]
    [InlineData("550 Skrzynka pełna", "550 SKRZYNKA PELNA")]
    public void Accents_may_be_there_or_not(string one, string other) =>
        Assert.Equal(BounceClassifier.Shipped.Classify(ReportEvidence.OfReply(one, null, null)).Rule, BounceClassifier.Shipped.Classify(ReportEvidence.OfReply(other, null, null)).Rule);

    private static (string Subclass, bool IsHard) Judge(string diagnostic, string status, string field, string action = "failed")
    {
        var text = "From: MAILER-DAEMON@mx.example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
            + "--b\r\n\r\nYour message could not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
            + $"Final-Recipient: rfc822; jane@example.net\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {diagnostic}\r\n{field}\r\n--b--\r\n";
        var verdict = BounceClassifier.Shipped.Classify(Assert.Single(ReportEvidence.Of(ReportReader.Read(Encoding.UTF8.GetBytes(text)))).Facts);
        return (verdict.Subclass, verdict.IsHard);
    }
}
