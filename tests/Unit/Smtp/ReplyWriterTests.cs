using System.Buffers;
using System.Text;
using Relay.Mail;
using Relay.Smtp;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ReplyWriterTests
{
    [Fact]
    public void Writes_code_enhanced_code_and_text() =>
        Assert.Equal("550 5.7.1 Not yours\r\n", Wire(SmtpReply.Of(550, "5.7.1", "Not yours")));

    [Fact]
    public void Repeats_the_codes_on_every_line() =>
        Assert.Equal("250-2.0.0 a\r\n250 2.0.0 b\r\n", Wire(new SmtpReply(250, EnhancedStatusCode.Parse("2.0.0"), "a", "b")));

    [Fact]
    public void Agrees_with_the_reply_about_its_wire_form()
    {
        var reply = new SmtpReply(250, null, "mail.example.com", "SIZE 1000", "PIPELINING");
        Assert.Equal(reply.ToWire(), Wire(reply));
    }

    [Fact]
    public void Never_lets_a_text_become_a_second_reply() =>
        Assert.Equal("550 5.7.1 no??250 yes?\r\n", Wire(SmtpReply.Of(550, "5.7.1", "no\r\n250 yesü")));

    [Fact]
    public void Cuts_a_line_at_512_octets()
    {
        var wire = Wire(SmtpReply.Of(550, "5.7.1", new string('x', 2000)));
        Assert.Equal(512, wire.Length);
        Assert.EndsWith("x\r\n", wire, StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_how_much_it_wrote()
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(ReplyWriter.Write(output, new SmtpReply(250, null, "a", "bc")), output.WrittenCount);
    }

    private static string Wire(SmtpReply reply)
    {
        var output = new ArrayBufferWriter<byte>();
        ReplyWriter.Write(output, reply);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
