using System.Text.RegularExpressions;
using Relay.Delivery;
using Relay.Mail;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ReplyRuleTests
{
    private static readonly SmtpReply Busy = SmtpReply.Of(421, "4.7.28", "unusual rate");

    [Fact]
    public void All_conditions_must_hold()
    {
        var rule = new ReplyRule { Name = "r", Codes = [421], Steps = [TransactionStep.Mail], Enhanced = [EnhancedPattern.TryParse("4.7.*")!.Value], Text = new Regex("rate") };

        Assert.True(rule.Matches(Busy, TransactionStep.Mail));
        Assert.False(rule.Matches(Busy, TransactionStep.Recipient));
        Assert.False(rule.Matches(SmtpReply.Of(450, "4.7.28", "unusual rate"), TransactionStep.Mail));
        Assert.False(rule.Matches(SmtpReply.Of(421, "4.3.2", "unusual rate"), TransactionStep.Mail));
        Assert.False(rule.Matches(SmtpReply.Of(421, "unusual rate"), TransactionStep.Mail));
        Assert.False(rule.Matches(SmtpReply.Of(421, "4.7.28", "busy"), TransactionStep.Mail));
    }

    [Fact]
    public void Never_matches_what_was_accepted() => Assert.False(new ReplyRule { Name = "r" }.Matches(SmtpReply.Of(250, "2.0.0", "rate"), TransactionStep.FinalDot));

    [Theory]
    [InlineData("4.7.28", 4, 7, 28, true)]
    [InlineData("4.7.*", 4, 7, 1, true)]
    [InlineData("4.*.*", 4, 2, 1, true)]
    [InlineData("4.7.28", 4, 7, 2, false)]
    [InlineData("5.7.*", 4, 7, 1, false)]
    public void A_code_may_leave_parts_open(string pattern, int c, int subject, int detail, bool matches) =>
        Assert.Equal(matches, EnhancedPattern.TryParse(pattern)!.Value.Matches(new EnhancedStatusCode(c, subject, detail)));

    [Theory]
    [InlineData("2.0.0")]
    [InlineData("*.7.1")]
    [InlineData("4.*.1")]
    [InlineData("4.7")]
    [InlineData("4.7.1.1")]
    [InlineData("4.7.x")]
    public void What_is_no_code_is_refused(string pattern) => Assert.Null(EnhancedPattern.TryParse(pattern));
}
