using System.Text;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class HeaderFilterTests
{
    private static readonly byte[][] Names = ["x-relay-tag"u8.ToArray(), "x-relay-stream"u8.ToArray(), "idempotency-key"u8.ToArray()];

    [Theory]
    [InlineData("From: a\r\n\r\nbody\r\n", "From: a\r\n\r\nbody\r\n", "")]
    [InlineData("X-Relay-Tag: a\r\nFrom: a\r\n\r\nbody", "From: a\r\n\r\nbody", "X-Relay-Tag: a\r\n")]
    [InlineData("From: a\r\nx-RELAY-tag : a,\r\n b\r\n\tc\r\nTo: b\r\n\r\n", "From: a\r\nTo: b\r\n\r\n", "x-RELAY-tag : a,\r\n b\r\n\tc\r\n")]
    [InlineData("X-Relay-Tag:\r\nIdempotency-Key: 1\r\n\r\nX-Relay-Tag: body\r\n", "\r\nX-Relay-Tag: body\r\n", "X-Relay-Tag:\r\nIdempotency-Key: 1\r\n")]
    [InlineData("X-Relay-Tags: a\r\nX-Relay: b\r\nX: c\r\nIdempotency-Keys: d\r\n\r\n", "X-Relay-Tags: a\r\nX-Relay: b\r\nX: c\r\nIdempotency-Keys: d\r\n\r\n", "")]
    [InlineData("Subject: a\r\n X-Relay-Tag: folded\r\n\r\n", "Subject: a\r\n X-Relay-Tag: folded\r\n\r\n", "")]
    [InlineData(" X-Relay-Tag: a\r\nX-Relay-Tag: b\r\n", " X-Relay-Tag: a\r\nX-Relay-Tag: b\r\n", "")]
    [InlineData("no field\r\nX-Relay-Tag: b\r\n", "no field\r\nX-Relay-Tag: b\r\n", "")]
    [InlineData("X-Relay-Tag is no field\r\nX-Relay-Tag: b\r\n", "X-Relay-Tag is no field\r\nX-Relay-Tag: b\r\n", "")]
    [InlineData("From: a\r\nX-Relay-Ta", "From: a\r\nX-Relay-Ta", "")]
    [InlineData("From: a\r\nX-Relay-Tag", "From: a\r\nX-Relay-Tag", "")]
    [InlineData("From: a\r\nX-Relay-Tag:", "From: a\r\n", "X-Relay-Tag:")]
    [InlineData("", "", "")]
    public void Takes_out_the_named_fields_and_nothing_else(string content, string kept, string removed)
    {
        for (var pieceBytes = 1; pieceBytes <= content.Length + 1; pieceBytes++)
        {
            var (keptBytes, filter) = Run(content, pieceBytes);
            Assert.Equal(kept, keptBytes);
            Assert.Equal(removed, Encoding.ASCII.GetString(filter.Removed().Bytes.Span));
        }
    }

    [Fact]
    public void Says_when_the_header_block_is_over()
    {
        var filter = new HeaderFilter(Names);
        filter.Filter("From: a\r\n"u8.ToArray(), out _);
        Assert.False(filter.IsDone);
        filter.Filter("\r\n"u8.ToArray(), out _);
        Assert.True(filter.IsDone);
    }

    [Fact]
    public void Gives_back_slices_of_what_came_in()
    {
        var content = "From: a\r\nX-Relay-Tag: a\r\nTo: b\r\n\r\n"u8.ToArray();
        var filter = new HeaderFilter(Names);

        var first = filter.Filter(content, out var consumed);

        Assert.True(first.Span == content.AsSpan(0, 9));
        Assert.Equal(9, consumed);
    }

    [Fact]
    public void Keeps_removed_fields_up_to_a_limit()
    {
        var value = new string('a', HeaderFilter.MaxRemovedBytes);
        var (kept, filter) = Run($"X-Relay-Tag: {value}\r\nFrom: a\r\n\r\n", 1000);

        Assert.True(filter.IsTooLarge);
        Assert.Equal("From: a\r\n\r\n", kept);
    }

    [Fact]
    public void A_name_with_too_much_space_behind_it_stays()
    {
        var content = $"X-Relay-Tag{new string(' ', 200)}: a\r\nX-Relay-Tag: b\r\n\r\n";
        foreach (var pieceBytes in new[] { 1, 7, 100, 1000 })
        {
            Assert.Equal(content[..^18] + "\r\n", Run(content, pieceBytes).Kept);
        }
    }

    private static (string Kept, HeaderFilter Filter) Run(string content, int pieceBytes)
    {
        var filter = new HeaderFilter(Names);
        var kept = new List<byte>();
        for (ReadOnlyMemory<byte> rest = Encoding.ASCII.GetBytes(content); !rest.IsEmpty; rest = rest[Math.Min(pieceBytes, rest.Length)..])
        {
            for (var piece = rest[..Math.Min(pieceBytes, rest.Length)]; !piece.IsEmpty;)
            {
                kept.AddRange(filter.Filter(piece, out var consumed).Span);
                piece = piece[consumed..];
            }
        }

        kept.AddRange(filter.End().Span);
        return (Encoding.ASCII.GetString([.. kept]), filter);
    }
}
