using Relay.Dns;
using Xunit;

namespace Relay.Tests.Unit;

public class QueryWriterTests
{
    [Fact]
    public void Writes_a_question_with_recursion_and_edns()
    {
        var bytes = Write("mx.Example.com", RecordType.Mx, askVerdict: false, withEdns: true);

        byte[] expected =
        [
            0xbe, 0xef, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1,
            2, (byte)'m', (byte)'x', 7, .. "Example"u8, 3, .. "com"u8, 0, 0, 15, 0, 1,
            0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0,
        ];
        Assert.Equal(expected, bytes);
    }

    [Fact]
    public void Asks_for_the_verdict_with_ad_and_never_sets_do()
    {
        var bytes = Write("example.com", RecordType.Tlsa, askVerdict: true, withEdns: true);

        Assert.Equal([0x01, 0x20], bytes[2..4]);
        Assert.Equal([0, 0, 0, 0], bytes[^6..^2]);
    }

    [Fact]
    public void Leaves_edns_out_for_servers_that_do_not_know_it()
    {
        var bytes = Write("example.com", RecordType.A, askVerdict: false, withEdns: false);

        Assert.Equal(12 + 13 + 4, bytes.Length);
        Assert.Equal([0, 0], bytes[10..12]);
    }

    [Fact]
    public void The_longest_name_fits()
    {
        var label = new string('a', 63);
        var name = $"{label}.{label}.{label}.{new string('a', 61)}";

        Assert.Equal(QueryWriter.MaxLength, Write(name, RecordType.Mx, askVerdict: false, withEdns: true).Length);
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("a.")]
    [InlineData(".a")]
    [InlineData("a b")]
    [InlineData("a\\25")]
    [InlineData("a\\999")]
    [InlineData("münchen")]
    public void Refuses_what_is_no_name(string name)
    {
        Assert.Throws<ArgumentException>(() => Write(name, RecordType.Mx, askVerdict: false, withEdns: true));
    }

    [Fact]
    public void Refuses_names_and_labels_that_are_too_long()
    {
        var label = new string('a', 63);

        Assert.Throws<ArgumentException>(() => Write(label + "a", RecordType.A, askVerdict: false, withEdns: true));
        Assert.Throws<ArgumentException>(
            () => Write($"{label}.{label}.{label}.{new string('a', 62)}", RecordType.A, askVerdict: false, withEdns: true));
    }

    [Fact]
    public void Writes_escaped_bytes_back_as_they_came()
    {
        var bytes = Write("a\\046b\\000.test", RecordType.Ptr, askVerdict: false, withEdns: false);

        Assert.Equal([4, (byte)'a', (byte)'.', (byte)'b', 0, 4, .. "test"u8, 0], bytes[12..^4]);
    }

    private static byte[] Write(string name, RecordType type, bool askVerdict, bool withEdns)
    {
        var target = new byte[QueryWriter.MaxLength];
        return target[..QueryWriter.Write(target, 0xbeef, name, type, askVerdict, withEdns)];
    }
}
