using System.Text;
using Relay.Platform.Analytics;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class CsvWriterTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("two\r\nlines", "\"two\r\nlines\"")]
    [InlineData("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\tx", "'\tx")]
    [InlineData("a=b", "a=b")]
    public async Task Texts_are_quoted_where_needed_and_are_no_formulas(string text, string expected) =>
        Assert.Equal(expected + ",end\r\n", await WriteAsync(text, "end"));

    [Fact]
    public async Task Numbers_are_numbers_and_nothing_is_empty() => Assert.Equal(",-5,7,\r\n", await WriteAsync(null, -5, 7L, null));

    private static async Task<string> WriteAsync(params object?[] fields)
    {
        using var stream = new MemoryStream();
        var csv = new CsvWriter(stream);
        await csv.WriteAsync(fields, CancellationToken.None);
        Assert.Equal(stream.Length, csv.Octets);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
