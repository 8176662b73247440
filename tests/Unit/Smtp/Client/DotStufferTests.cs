using System.Text;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DotStufferTests
{
    [Theory]
    [InlineData("", ".\r\n")]
    [InlineData("a\r\n", "a\r\n.\r\n")]
    [InlineData("a", "a\r\n.\r\n")]
    [InlineData("a\r", "a\r\r\n.\r\n")]
    [InlineData("a\n", "a\n\r\n.\r\n")]
    [InlineData("\n", "\n\r\n.\r\n")]
    [InlineData(".\r\n", "..\r\n.\r\n")]
    [InlineData("..\r\n", "...\r\n.\r\n")]
    [InlineData("a.b\r\n.c\r\n", "a.b\r\n..c\r\n.\r\n")]
    [InlineData("\r\n.\r\n.\r\n", "\r\n..\r\n..\r\n.\r\n")]
    [InlineData("a\n.\r\nb\r\n", "a\n..\r\nb\r\n.\r\n")]
    [InlineData("a\r.b\r\n", "a\r.b\r\n.\r\n")]
    public void Dots_lines_and_ends_the_content(string content, string wire)
    {
        Assert.Equal(wire, Stuff(content, content.Length + 1, 64));
        Assert.Equal(wire, Stuff(content, 1, 64));
        Assert.Equal(wire, Stuff(content, 2, 2));
    }

    [Fact]
    public void Takes_no_dot_that_has_no_room_for_two()
    {
        var dots = new DotStuffer();
        Assert.Equal(0, dots.Copy(".x"u8, new byte[1], out var written));
        Assert.Equal(0, written);
        Assert.Equal(1, dots.Copy(".x"u8, new byte[2], out written));
        Assert.Equal(2, written);
    }

    private static string Stuff(string content, int pieceLength, int roomBytes)
    {
        var dots = new DotStuffer();
        var wire = new StringBuilder();
        var room = new byte[roomBytes];
        foreach (var piece in Encoding.Latin1.GetBytes(content).Chunk(pieceLength))
        {
            var rest = piece.AsSpan();
            while (!rest.IsEmpty)
            {
                rest = rest[dots.Copy(rest, room, out var written)..];
                wire.Append(Encoding.Latin1.GetString(room, 0, written));
            }
        }

        var end = new byte[DotStuffer.MaxEndBytes];
        return wire.Append(Encoding.Latin1.GetString(end, 0, dots.Finish(end))).ToString();
    }
}
