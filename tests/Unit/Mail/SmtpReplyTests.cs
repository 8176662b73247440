using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SmtpReplyTests
{
    [Fact]
    public void Writes_code_separator_and_enhanced_code_on_every_line()
    {
        var reply = new SmtpReply(550, EnhancedStatusCode.Parse("5.7.1"), "first", "second");

        Assert.Equal("550-5.7.1 first\r\n550 5.7.1 second\r\n", reply.ToWire());
        Assert.Equal("220 relay.example.com\r\n", SmtpReply.Of(220, "relay.example.com").ToWire());
    }

    [Fact]
    public void Text_from_elsewhere_cannot_add_a_line_or_a_control()
    {
        Assert.Equal("451 4.3.0 a  250 b c ?\r\n", SmtpReply.Of(451, "4.3.0", "a\r\n250 b\0c é").ToWire());
    }

    [Fact]
    public void Lines_have_at_most_512_octets()
    {
        var reply = new SmtpReply(550, EnhancedStatusCode.Parse("5.100.100"), new string('x', 2000), new string('é', 2000));

        var lines = reply.ToWire().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal([510, 510], lines.Select(line => line.Length));
    }

    [Fact]
    public void Number_of_lines_is_bounded_and_the_last_one_ends_the_reply()
    {
        var lines = new SmtpReply(250, null, [.. Enumerable.Repeat("x", 1000)]).ToWire().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(SmtpReply.MaxWireLines, lines.Length);
        Assert.Equal("250 x", lines[^1]);
        Assert.All(lines[..^1], line => Assert.Equal("250-x", line));
    }
}
