using System.Buffers;
using System.Text;
using Relay.Smtp;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SmtpLineReaderTests
{
    private readonly SmtpLineReader _reader = new();

    [Fact]
    public void Takes_one_line_after_the_other()
    {
        var buffer = Buffer("NOOP\r\nQUIT\r\nRE");
        Assert.Equal(LineStatus.Line, _reader.TryRead(ref buffer, 100, out var first));
        Assert.Equal("NOOP", Text(first));
        Assert.Equal(LineStatus.Line, _reader.TryRead(ref buffer, 100, out var second));
        Assert.Equal("QUIT", Text(second));
        Assert.Equal(LineStatus.More, _reader.TryRead(ref buffer, 100, out _));
        Assert.Equal("RE", Text(buffer));
    }

    [Fact]
    public void Waits_for_the_line_feed_behind_a_carriage_return()
    {
        var buffer = Buffer("NOOP\r");
        Assert.Equal(LineStatus.More, _reader.TryRead(ref buffer, 100, out _));
        Assert.Equal("NOOP\r", Text(buffer));
    }

    [Theory]
    [InlineData("NOOP\n")]
    [InlineData("NOOP\rX")]
    [InlineData("\n")]
    [InlineData("\r\r\n")]
    public void Reports_a_bare_line_ending(string text)
    {
        var buffer = Buffer(text);
        Assert.Equal(LineStatus.BareLineEnding, _reader.TryRead(ref buffer, 100, out _));
    }

    [Fact]
    public void Takes_a_line_of_exactly_the_limit_and_none_longer()
    {
        var fits = Buffer("12345678\r\n");
        Assert.Equal(LineStatus.Line, _reader.TryRead(ref fits, 10, out _));
        var over = Buffer("123456789\r\n");
        Assert.Equal(LineStatus.TooLong, _reader.TryRead(ref over, 10, out _));
        Assert.True(over.IsEmpty);
    }

    [Fact]
    public void Skips_a_line_over_the_limit_as_it_arrives_and_goes_on()
    {
        var first = Buffer(new string('x', 30));
        Assert.Equal(LineStatus.More, _reader.TryRead(ref first, 10, out _));
        Assert.True(first.IsEmpty);
        var second = Buffer("xx\r\nNOOP\r\n");
        Assert.Equal(LineStatus.TooLong, _reader.TryRead(ref second, 10, out _));
        Assert.Equal(LineStatus.Line, _reader.TryRead(ref second, 10, out var line));
        Assert.Equal("NOOP", Text(line));
    }

    [Fact]
    public void Gives_up_on_a_line_without_end()
    {
        var status = LineStatus.More;
        for (var i = 0; i < 300 && status == LineStatus.More; i++)
        {
            var buffer = Buffer(new string('x', 1024));
            status = _reader.TryRead(ref buffer, 100, out _);
        }

        Assert.Equal(LineStatus.Flood, status);
    }

    private static ReadOnlySequence<byte> Buffer(string text) => new(Encoding.ASCII.GetBytes(text));

    private static string Text(ReadOnlySequence<byte> bytes) => Encoding.ASCII.GetString(bytes);
}
