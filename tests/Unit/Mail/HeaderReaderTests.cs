using System.Text;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class HeaderReaderTests
{
    [Theory]
    [InlineData("Subject: x\r\nTo: y\r\n\r\nbody", "Subject: x\r\nTo: y\r\n", 21, true)]
    [InlineData("Subject: x\nTo: y\n\nbody", "Subject: x\nTo: y\n", 18, true)]
    [InlineData("Subject: x\r\n folded\r\n \r\n\r\nbody", "Subject: x\r\n folded\r\n \r\n", 26, true)]
    [InlineData("\r\nbody", "", 2, true)]
    [InlineData("no header\r\n\r\nbody", "", 0, false)]
    [InlineData(" folded: x\r\n\r\nbody", "", 0, false)]
    [InlineData(": x\r\n\r\nbody", "", 0, false)]
    [InlineData("From user Sat Jan 1\r\nSubject: x\r\n\r\n", "", 0, false)]
    [InlineData("Subject: x\r\nbody text\r\n\r\nmore", "Subject: x\r\n", 12, false)]
    [InlineData("Subject : x\r\n\r\n", "Subject : x\r\n", 15, true)]
    [InlineData("Subject: x\r\n\rbody", "Subject: x\r\n", 12, false)]
    public void Ends_at_the_blank_line_or_before_the_first_line_that_is_no_field(string content, string block, int headerBytes, bool blankLine)
    {
        var reader = new HeaderReader();

        Assert.True(reader.Append(Encoding.Latin1.GetBytes(content)));

        Assert.Equal(HeaderReaderState.Complete, reader.State);
        Assert.Equal(block, Encoding.Latin1.GetString(reader.Bytes.Span));
        Assert.Equal(headerBytes, reader.HeaderBytes);
        Assert.Equal(blankLine, reader.HasBlankLine);
    }

    [Theory]
    [InlineData("Subject: x\r\nTo: y", "Subject: x\r\nTo: y")]
    [InlineData("Subject: x\r\nTo", "Subject: x\r\n")]
    [InlineData("Subject: x\r\n\r", "Subject: x\r\n")]
    [InlineData("", "")]
    public void End_of_content_ends_the_block(string content, string block)
    {
        var reader = new HeaderReader();
        Assert.False(reader.Append(Encoding.Latin1.GetBytes(content)));

        reader.End();

        Assert.Equal(HeaderReaderState.Complete, reader.State);
        Assert.Equal(block, Encoding.Latin1.GetString(reader.Bytes.Span));
        Assert.Equal(block.Length, reader.HeaderBytes);
        Assert.False(reader.HasBlankLine);
    }

    [Fact]
    public void Too_large_is_a_state_and_keeps_nothing()
    {
        var reader = new HeaderReader(maxBytes: 20);

        Assert.True(reader.Append("Subject: 0123456789\r\n\r\n"u8));

        Assert.Equal(HeaderReaderState.TooLarge, reader.State);
        Assert.True(reader.Bytes.IsEmpty);
        Assert.True(reader.Append("more"u8));
    }

    [Fact]
    public void A_block_of_exactly_the_limit_is_taken()
    {
        var reader = new HeaderReader(maxBytes: 12);

        Assert.True(reader.Append("Subject: x\r\n\r\n"u8));

        Assert.Equal(HeaderReaderState.Complete, reader.State);
    }

    [Fact]
    public void Block_keeps_order_bytes_and_repeated_fields()
    {
        var block = HeaderBlock.Parse("Received: a\r\n\tb\r\nSubject: =?utf-8?Q?=C3=A9?=\r\nRECEIVED: c\r\n\r\nBody: no"u8.ToArray(), out var bodyStart);

        Assert.Equal(["Received", "Subject", "RECEIVED"], block.Fields.Select(field => field.Name));
        Assert.Equal("Received: a\r\n\tb\r\n", Encoding.ASCII.GetString(block.Fields[0].Raw.Span));
        Assert.Equal(" a\r\n\tb\r\n", Encoding.ASCII.GetString(block.Fields[0].RawValue.Span));
        Assert.Equal("a\tb", block.Value("received"));
        Assert.Equal(2, block.Count("Received"));
        Assert.Equal(["a\tb", "c"], block.FindAll("received").Select(field => field.Value));
        Assert.Equal("=?utf-8?Q?=C3=A9?=", block.Value("Subject"));
        Assert.Equal("é", block.Text("Subject"));
        Assert.Null(block.Find("To"));
        Assert.Equal(block.Bytes.Length + 2, bodyStart);
    }

    [Fact]
    public void Values_are_utf8_or_else_latin1()
    {
        Assert.Equal("é", HeaderBlock.Parse(new byte[] { (byte)'A', (byte)':', 0xc3, 0xa9 }).Value("A"));
        Assert.Equal("é", HeaderBlock.Parse(new byte[] { (byte)'A', (byte)':', 0xe9 }).Value("A"));
    }
}
