using System.Text;
using Relay.Smtp;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DataReaderTests
{
    [Theory]
    [InlineData(".\r\n", "")]
    [InlineData("a\r\n.\r\n", "a\r\n")]
    [InlineData("\r\n.\r\n", "\r\n")]
    [InlineData("..\r\n.\r\n", ".\r\n")]
    [InlineData(".a\r\n.\r\n", "a\r\n")]
    [InlineData("a.\r\n.\r\n", "a.\r\n")]
    [InlineData("a\r\n..b\r\n...\r\n.\r\n", "a\r\n.b\r\n..\r\n")]
    public void Removes_dots_and_finds_the_end(string wire, string content)
    {
        var (read, reader, consumed) = Read(wire);
        Assert.True(reader.IsComplete);
        Assert.Equal(DataFault.None, reader.Fault);
        Assert.Equal(content, read);
        Assert.Equal(content.Length, reader.ContentBytes);
        Assert.Equal(wire.Length, consumed);
    }

    [Theory]
    [InlineData("x\n.\nQUIT\r\n.\r\n")]
    [InlineData("x\n.\r\nQUIT\r\n.\r\n")]
    [InlineData("x\r\n.\nQUIT\r\n.\r\n")]
    [InlineData("x\r.\rQUIT\r\n.\r\n")]
    [InlineData("x\r\n.\rQUIT\r\n.\r\n")]
    [InlineData("x\r.\r\nQUIT\r\n.\r\n")]
    [InlineData("x\r\r\n.\r\r\nQUIT\r\n.\r\n")]
    [InlineData(".\nQUIT\r\n.\r\n")]
    [InlineData("\n.\r\nQUIT\r\n.\r\n")]
    public void No_lookalike_ends_the_content_and_each_is_a_fault(string wire)
    {
        var (_, reader, consumed) = Read(wire + "NOOP\r\n");
        Assert.True(reader.IsComplete);
        Assert.Equal(DataFault.BareLineEnding, reader.Fault);
        Assert.Equal(wire.Length, consumed);
    }

    [Fact]
    public void Leaves_what_follows_the_end()
    {
        var (_, _, consumed) = Read("a\r\n.\r\nMAIL");
        Assert.Equal("a\r\n.\r\n".Length, consumed);
    }

    [Fact]
    public void Is_not_complete_without_the_last_line_feed()
    {
        var (_, reader, _) = Read("a\r\n.\r");
        Assert.False(reader.IsComplete);
    }

    [Fact]
    public void Nul_is_a_fault_but_a_bare_line_ending_the_graver_one()
    {
        Assert.Equal(DataFault.Nul, Read("a\0\r\n.\r\n").Reader.Fault);
        Assert.Equal(DataFault.BareLineEnding, Read("a\0\nb\0\r\n.\r\n").Reader.Fault);
    }

    [Fact]
    public void Gives_the_longest_slices_there_are()
    {
        var reader = new DataReader();
        var wire = Encoding.ASCII.GetBytes("one\r\ntwo\r\nthree\r\n..four\r\n");
        Assert.Equal("one\r\ntwo\r\nthree\r\n", Encoding.ASCII.GetString(reader.Read(wire, out var consumed).Span));
        Assert.Equal(".four\r\n", Encoding.ASCII.GetString(reader.Read(wire.AsMemory(consumed), out _).Span));
    }

    private static (string Content, DataReader Reader, int Consumed) Read(string wire)
    {
        var reader = new DataReader();
        var piece = new ReadOnlyMemory<byte>(Encoding.ASCII.GetBytes(wire));
        var content = new StringBuilder();
        var total = 0;
        while (!piece.IsEmpty && !reader.IsComplete)
        {
            content.Append(Encoding.ASCII.GetString(reader.Read(piece, out var consumed).Span));
            piece = piece[consumed..];
            total += consumed;
        }

        return (content.ToString(), reader, total);
    }
}
