using System.Text;
using Relay.Mail;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ConversationLogTests
{
    [Fact]
    public void Shows_commands_replies_and_notes_in_order()
    {
        var log = new ConversationLog(1000);
        log.AddReply(SmtpReply.Of(220, "hi"));
        log.AddCommand("EHLO x");
        log.AddReply(new SmtpReply(250, new EnhancedStatusCode(2, 0, 0), "a", "b"));
        log.AddNote("TLS1.3");
        log.AddContent(1234);
        Assert.Equal("S: 220 hi\nC: EHLO x\nS: 250-2.0.0 a\nS: 250 2.0.0 b\n(TLS1.3)\nC: (1234 octets of content)\nC: .", log.ToString());
    }

    [Fact]
    public void Keeps_first_and_last_lines_within_its_bound()
    {
        var log = new ConversationLog(200);
        for (var i = 0; i < 1000; i++)
        {
            log.AddCommand($"NOOP {i}");
        }

        var lines = log.ToString().Split('\n');
        Assert.Equal("C: NOOP 0", lines[0]);
        Assert.Equal("C: NOOP 999", lines[^1]);
        Assert.Contains(lines, static line => line.EndsWith("lines left out)", StringComparison.Ordinal));
        Assert.InRange(log.ToString().Length, 100, 240);
        Assert.Equal(1000, lines.Length - 1 + LeftOut(lines));
    }

    [Fact]
    public void Shortens_long_lines_between_characters()
    {
        var log = new ConversationLog(4096);
        log.AddReply(SmtpReply.Of(550, new string('ü', 2000)));
        log.AddCommand("a" + new string('ü', 2000));
        var text = log.ToString();
        Assert.DoesNotContain('\ufffd', text);
        Assert.All(text.Split('\n'), static line => Assert.InRange(Encoding.UTF8.GetByteCount(line), 200, 520));
    }

    [Fact]
    public void Leaves_out_a_line_that_fits_nowhere()
    {
        var log = new ConversationLog(100);
        log.AddCommand(new string('x', 300));
        log.AddCommand("QUIT");
        Assert.Equal("(1 lines left out)\nC: QUIT", log.ToString());
    }

    [Fact]
    public void Begins_each_transaction_behind_the_greeting()
    {
        var log = new ConversationLog(100);
        log.AddCommand("EHLO x");
        log.BeginTransaction();
        for (var i = 0; i < 100; i++)
        {
            log.AddCommand("first");
        }

        log.BeginTransaction();
        log.AddCommand("second");
        Assert.Equal("C: EHLO x\nC: second", log.ToString());
    }

    private static int LeftOut(string[] lines)
    {
        var mark = lines.Single(static line => line.StartsWith('('));
        return int.Parse(mark[1..mark.IndexOf(' ', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
    }
}
