using System.Text;
using Relay.Platform.Contacts;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class CsvReaderTests
{
    [Theory]
    [InlineData("a,b\nc,d\n", "a|b/c|d")]
    [InlineData("a,b\r\nc,d", "a|b/c|d")]
    [InlineData("a,b\rc,d\r", "a|b/c|d")]
    [InlineData("a,,\n", "a||")]
    [InlineData("\"a,1\",\"b\"\"q\"\"\",\"\"\n", "a,1|b\"q\"|")]
    [InlineData("\"two\r\nlines\",x\n", "two\r\nlines|x")]
    [InlineData("a\"b,c\n", "a\"b|c")]
    [InlineData("\n\na\n", "//a")]
    [InlineData("größe,数\n", "größe|数")]
    [InlineData("", "")]
    [InlineData("\"a\"", "a")]
    public async Task Reads_what_the_field_sends(string text, string expected)
    {
        // However the octets arrive.
        foreach (var step in new[] { 1, 2, 3, 1000 })
        {
            Assert.Equal(expected, string.Join('/', (await ReadAsync(text, step)).Select(record => string.Join('|', record.Fields))));
        }
    }

    [Theory]
    [InlineData("a,\"open\nb,c\nd,e\n")]
    [InlineData("a,\"closed\"x\nb,c\nd,e\n")]
    public async Task A_broken_quote_costs_its_own_line(string text)
    {
        var records = await ReadAsync(text, 7);
        Assert.Contains("quotation mark", records[0].Problem, StringComparison.Ordinal);
        Assert.Equal(["b|c", "d|e"], records.Skip(1).Select(record => string.Join('|', record.Fields)));
    }

    [Fact]
    public async Task A_row_that_is_too_long_costs_itself()
    {
        var records = await ReadAsync($"a\n{new string('x', CsvReader.MaxRecordBytes + 10)}\nb\n", 10_000);
        Assert.Equal([null, "long", null], records.Select(record => record.Problem is null ? null : "long"));
        Assert.Equal("b", records[2].Fields[0]);
    }

    [Fact]
    public async Task Octets_that_are_not_utf_8_cost_their_row()
    {
        using var stream = new MemoryStream([(byte)'a', 0xff, (byte)'\n', (byte)'b', (byte)'\n']);
        var reader = new CsvReader(stream, ',', ImportRequest.EncodingOf("utf-8")!, 0);
        Assert.Contains("UTF-8", (await reader.ReadAsync(default))!.Problem, StringComparison.Ordinal);
        Assert.Equal("b", (await reader.ReadAsync(default))!.Fields[0]);
    }

    [Fact]
    public async Task Reads_an_older_charset()
    {
        using var stream = new MemoryStream([0x80, 0xe4, (byte)'\n']);
        Assert.Equal("€ä", (await new CsvReader(stream, ';', ImportRequest.EncodingOf("windows-1252")!, 0).ReadAsync(default))!.Fields[0]);
    }

    [Fact]
    public async Task Begins_again_at_the_end_of_any_record()
    {
        const string Text = "a,1\r\n\"b\n\",2\n\nc,\"3\"\rd,4";
        var whole = await ReadAsync(Text, 1000);
        var bytes = Encoding.UTF8.GetBytes(Text);
        using var first = new MemoryStream(bytes);
        var reader = new CsvReader(first, ',', Encoding.UTF8, 0);
        for (var i = 0; await reader.ReadAsync(default) is not null; i++)
        {
            using var rest = new MemoryStream(bytes[(int)reader.Position..]);
            var again = new CsvReader(rest, ',', Encoding.UTF8, reader.Position);
            foreach (var expected in whole.Skip(i + 1))
            {
                Assert.Equal(expected.Fields, (await again.ReadAsync(default))!.Fields);
            }

            Assert.Null(await again.ReadAsync(default));
            Assert.Equal(bytes.Length, again.Position);
        }
    }

    private static async Task<List<CsvRecord>> ReadAsync(string text, int step)
    {
        await using var stream = new DripStream(Encoding.UTF8.GetBytes(text), step);
        var reader = new CsvReader(stream, ',', ImportRequest.EncodingOf("utf-8")!, 0);
        var records = new List<CsvRecord>();
        while (await reader.ReadAsync(default) is { } record)
        {
            records.Add(record);
        }

        return records;
    }

    private sealed class DripStream(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(step, buffer.Length)], cancellationToken);
    }
}
