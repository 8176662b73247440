using System.Text;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class LongLineWrapperTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public void Never_breaks_inside_a_character(int pieceBytes)
    {
        var text = "x" + string.Concat(Enumerable.Repeat("ä用😀", 700)) + "\r\n" + new string('y', 998) + "\r\n";

        var wrapped = Wrap(Encoding.UTF8.GetBytes(text), pieceBytes);

        Assert.Equal(text, Encoding.UTF8.GetString(wrapped).Replace("\r\n ", "", StringComparison.Ordinal));
        Assert.All(Encoding.UTF8.GetString(wrapped).Split("\r\n"), line => Assert.InRange(Encoding.UTF8.GetByteCount(line), 0, 998));
        Assert.DoesNotContain('\ufffd', Encoding.UTF8.GetString(wrapped));
    }

    [Fact]
    public void Only_notes_long_lines_where_it_does_not_wrap()
    {
        var latin = Enumerable.Repeat((byte)0xE4, 998).Append((byte)'\r').Append((byte)'\n').ToArray();
        var noting = new LongLineWrapper(wraps: false);

        Assert.Equal(latin, noting.Next(latin, out _).ToArray());
        Assert.False(noting.HasLongLine);
        noting.Next(new byte[999], out _);
        Assert.True(noting.HasLongLine);
    }

    private static byte[] Wrap(byte[] content, int pieceBytes)
    {
        var wrapper = new LongLineWrapper(wraps: true);
        using var result = new MemoryStream();
        foreach (var piece in content.Chunk(pieceBytes))
        {
            ReadOnlyMemory<byte> rest = piece;
            while (!rest.IsEmpty)
            {
                result.Write(wrapper.Next(rest, out var consumed).Span);
                rest = rest[consumed..];
            }
        }

        return result.ToArray();
    }
}
