using System.Text;
using Relay.Mail;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ReplyReaderTests
{
    [Fact]
    public void Reads_one_line_with_enhanced_code()
    {
        var reply = Read("250 2.1.5 fine\r\n");
        Assert.Equal(SmtpReply.Of(250, "2.1.5", "fine"), reply);
    }

    [Fact]
    public void Reads_several_lines_and_takes_the_enhanced_code_from_each()
    {
        var reply = Read("550-5.7.1 one\r\n550-two\r\n550 5.7.1 three\r\n");
        Assert.Equal(new EnhancedStatusCode(5, 7, 1), reply.Enhanced);
        Assert.Equal(["one", "two", "three"], reply.Lines);
    }

    [Fact]
    public void Keeps_another_enhanced_code_on_a_later_line_as_text()
    {
        var reply = Read("550-5.7.1 one\r\n550 5.1.1 two\r\n");
        Assert.Equal(new EnhancedStatusCode(5, 7, 1), reply.Enhanced);
        Assert.Equal(["one", "5.1.1 two"], reply.Lines);
    }

    [Theory]
    [InlineData("550 2.1.1 text")]
    [InlineData("550 5.1 text")]
    [InlineData("550 5.1.1111 text")]
    [InlineData("550 5.1.1text")]
    [InlineData("354 3.0.0 text")]
    public void Takes_no_enhanced_code_that_contradicts_the_code_or_is_none(string line)
    {
        var reply = Read(line + "\r\n");
        Assert.Null(reply.Enhanced);
        Assert.Equal(line[4..], reply.Text);
    }

    [Fact]
    public void Takes_an_enhanced_code_without_text()
    {
        var reply = Read("250 2.0.0\r\n");
        Assert.Equal(new EnhancedStatusCode(2, 0, 0), reply.Enhanced);
        Assert.Equal(string.Empty, reply.Text);
    }

    [Theory]
    [InlineData("250\r\n")]
    [InlineData("250 \r\n")]
    [InlineData("250\n")]
    public void Reads_a_code_without_text(string wire) => Assert.Equal(SmtpReply.Of(250, string.Empty), Read(wire));

    [Theory]
    [InlineData("\r\n")]
    [InlineData("25\r\n")]
    [InlineData("150 no\r\n")]
    [InlineData("650 no\r\n")]
    [InlineData("2a0 no\r\n")]
    [InlineData("250text\r\n")]
    [InlineData("2500 text\r\n")]
    [InlineData(" 250 text\r\n")]
    [InlineData("250\ttext\r\n")]
    [InlineData("250-a\r\n251 b\r\n")]
    [InlineData("250-a\r\nb\r\n")]
    public void Refuses_what_is_no_reply(string wire)
    {
        var reader = new ReplyReader(512, 100);
        Assert.Equal(ReplyStatus.Malformed, reader.Read(Encoding.ASCII.GetBytes(wire), out _));
        Assert.NotNull(reader.Problem);
    }

    [Fact]
    public void Stays_refused_after_garbage()
    {
        var reader = new ReplyReader(512, 100);
        reader.Read("garbage\r\n"u8, out _);
        Assert.Equal(ReplyStatus.Malformed, reader.Read("250 ok\r\n"u8, out var consumed));
        Assert.Equal(0, consumed);
    }

    [Fact]
    public void Stops_behind_one_reply()
    {
        var reader = new ReplyReader(512, 100);
        Assert.Equal(ReplyStatus.Complete, reader.Read("250 a\r\n354 b\r\n"u8, out var consumed));
        Assert.Equal(7, consumed);
        Assert.Equal(250, reader.Reply!.Code);
        Assert.Equal(ReplyStatus.Complete, reader.Read("354 b\r\n"u8, out _));
        Assert.Equal(354, reader.Reply!.Code);
    }

    [Fact]
    public void Consumes_nothing_of_a_line_without_end()
    {
        var reader = new ReplyReader(512, 100);
        Assert.Equal(ReplyStatus.More, reader.Read("250-a\r\n250 b"u8, out var consumed));
        Assert.Equal(7, consumed);
        Assert.Equal(ReplyStatus.Complete, reader.Read("250 b\r\n"u8, out _));
        Assert.Equal(["a", "b"], reader.Reply!.Lines);
    }

    [Theory]
    [InlineData(20, true)]
    [InlineData(21, false)]
    public void Bounds_the_line_in_octets_without_its_line_feed(int length, bool isRead)
    {
        var wire = "250 ".PadRight(length - 1, 'x') + "\r\n";
        var status = new ReplyReader(20, 100).Read(Encoding.ASCII.GetBytes(wire), out _);
        Assert.Equal(isRead ? ReplyStatus.Complete : ReplyStatus.Malformed, status);
    }

    [Fact]
    public void Refuses_a_long_line_before_its_end_comes()
    {
        var status = new ReplyReader(20, 100).Read(Encoding.ASCII.GetBytes("250 ".PadRight(21, 'x')), out _);
        Assert.Equal(ReplyStatus.Malformed, status);
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void Bounds_the_number_of_lines(int lines, bool isRead)
    {
        var wire = string.Concat(Enumerable.Repeat("250-x\r\n", lines - 1)) + "250 x\r\n";
        var status = new ReplyReader(512, 3).Read(Encoding.ASCII.GetBytes(wire), out _);
        Assert.Equal(isRead ? ReplyStatus.Complete : ReplyStatus.Malformed, status);
    }

    [Fact]
    public void Decodes_utf8_else_latin1_and_drops_control_characters()
    {
        Assert.Equal("grüße", Read("550 gr\u00c3\u00bc\u00c3\u009fe\r\n").Text);
        Assert.Equal("grüße", Read("550 gr\u00fc\u00dfe\r\n").Text);
        Assert.Equal("a b[0mcd", Read("550 a\tb\u001b[0mc\0\rd\u007f\u0085\r\n").Text);
        Assert.Equal("ab", Read("550 a\u00e2\u0080\u00a8b\r\n").Text);
    }

    private static SmtpReply Read(string latin1)
    {
        var reader = new ReplyReader(512, 100);
        var wire = Encoding.Latin1.GetBytes(latin1);
        Assert.Equal(ReplyStatus.Complete, reader.Read(wire, out var consumed));
        Assert.Equal(wire.Length, consumed);
        return reader.Reply!;
    }
}
