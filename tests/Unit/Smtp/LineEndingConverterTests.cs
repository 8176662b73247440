using System.Text;
using Relay.Smtp;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class LineEndingConverterTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a\r\nb\r\n", "a\r\nb\r\n")]
    [InlineData("a\nb\n", "a\r\nb\r\n")]
    [InlineData("a\rb\r", "a\r\nb\r\n")]
    [InlineData("a\r\r\nb", "a\r\nb")]
    [InlineData("\r\rb", "\r\n\r\nb")]
    [InlineData("\n\r\n\n", "\r\n\r\n\r\n")]
    [InlineData("a\n\r", "a\r\n\r\n")]
    public void Makes_crlf_of_every_line_ending_however_it_arrives(string content, string expected)
    {
        for (var size = 1; size <= Math.Max(1, content.Length); size++)
        {
            Assert.Equal(expected, Convert(content, size));
        }
    }

    [Fact]
    public void Leaves_no_bare_line_ending_and_is_the_same_in_any_pieces()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var i = 0; i < 2000; i++)
        {
            var content = new string([.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => "\r\n.a"[random.Next(4)])]);

            var whole = Convert(content, content.Length);

            Assert.True(whole == Convert(content, random.Next(1, 5)), $"seed {seed}: {content}");
            Assert.True(!whole.Replace("\r\n", "", StringComparison.Ordinal).AsSpan().ContainsAny('\r', '\n'), $"seed {seed}: {content}");
            Assert.True(whole == Convert(whole, content.Length), $"seed {seed}: {content}");
        }
    }

    private static string Convert(string content, int pieceSize)
    {
        var converter = new LineEndingConverter();
        var result = new StringBuilder();
        foreach (var piece in Encoding.ASCII.GetBytes(content).Chunk(pieceSize))
        {
            ReadOnlyMemory<byte> rest = piece;
            while (!rest.IsEmpty)
            {
                result.Append(Encoding.ASCII.GetString(converter.Next(rest, out var consumed).Span));
                rest = rest[consumed..];
            }
        }

        while (converter.End() is { IsEmpty: false } end)
        {
            result.Append(Encoding.ASCII.GetString(end.Span));
        }

        Assert.Equal(result.Length, converter.Bytes);
        return result.ToString();
    }
}
