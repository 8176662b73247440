using System.Text;
using Relay.Toml;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Positions, messages and bounds; the grammar itself is covered by <see cref="TomlTestSuite"/>.</summary>
public sealed class TomlReaderTests
{
    [Fact]
    public void Every_key_and_value_knows_its_line_and_column()
    {
        var document = TomlReader.Parse("a = 1\r\n\n  [ t . 'u' ]\nlong.\"key\" = [ true,\n  \"x\" ]\n[[list]]\n");

        var a = Entry(document, "a");
        Assert.Equal((new TomlPosition(1, 1), new TomlPosition(1, 5)), (a.KeyPosition, a.Value.Position));
        var u = Entry((TomlTable)Entry(document, "t").Value, "u");
        Assert.Equal(new TomlPosition(3, 9), u.Value.Position);
        var key = Entry((TomlTable)Entry((TomlTable)u.Value, "long").Value, "key");
        Assert.Equal((new TomlPosition(4, 6), new TomlPosition(4, 14)), (key.KeyPosition, key.Value.Position));
        Assert.Equal([new TomlPosition(4, 16), new TomlPosition(5, 3)], ((TomlArray)key.Value).Select(static item => item.Position));
        Assert.Equal(new TomlPosition(6, 3), ((TomlArray)Entry(document, "list").Value)[0].Position);
    }

    [Fact]
    public void A_table_stands_where_its_own_header_stands()
    {
        var document = TomlReader.Parse("[a.b]\n[a]\nx = 1");

        Assert.Equal(new TomlPosition(2, 2), Entry(document, "a").Value.Position);
    }

    [Fact]
    public void Lines_are_counted_inside_strings_and_behind_a_byte_order_mark()
    {
        var document = TomlReader.Parse("\uFEFFa = \"\"\"\n1\\\n\n2\n\"\"\"\nb = 1");

        Assert.Equal("12\n", ((TomlString)Entry(document, "a").Value).Value);
        Assert.Equal(new TomlPosition(1, 1), Entry(document, "a").KeyPosition);
        Assert.Equal(new TomlPosition(6, 1), Entry(document, "b").KeyPosition);
    }

    [Theory]
    [InlineData("a = 1 b = 2", 1, 7, "'b' is not allowed here; the line ends after a header or value, only a # comment may follow")]
    [InlineData("a", 1, 2, "the end of the document is not allowed here; a key is followed by = and its value")]
    [InlineData("a =\nb = 1", 1, 4, "the end of the line is not allowed here; a value belongs here")]
    [InlineData("x = 1\na = yes", 2, 5, "'yes' is no value; allowed are strings in quotes, numbers, true, false, dates, [arrays] and {inline tables}")]
    [InlineData("a = \"x\ny\"", 1, 7, "the end of the line stands inside a string; it is closed by \" on its line, three quotes make several lines")]
    [InlineData("a = \"\\x\"", 1, 6, "this escape is not known; allowed are \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX and \\UXXXXXXXX, 'single quotes' take none")]
    [InlineData("a = \"\\uD800\"", 1, 6, "this escape is no Unicode scalar value; allowed are 0 to D7FF and E000 to 10FFFF")]
    [InlineData("a = \"\\u00Z0\"", 1, 6, "\\u is followed by 4 hexadecimal digits")]
    [InlineData("a = \"\0\"", 1, 6, "the character U+0000 is not allowed in a string; a control character but tab is written as \\uXXXX in double quotes")]
    [InlineData("a = 1 # \u0001", 1, 9, "the character U+0001 is not allowed in a comment; of the control characters only tab is")]
    [InlineData("a = 1\nb = 2\na = 3", 3, 1, "'a' is already an integer at line 1; a key is defined once")]
    [InlineData("[a]\n[b]\n[a]", 3, 2, "'a' is already a table at line 1; a key is defined once")]
    [InlineData("a = [1, 2", 1, 10, "the end of the document is not allowed here; the elements of an array are separated by , and closed by ]")]
    [InlineData("a = { b = 1,\n c = 2 }", 1, 13, "the end of the line is not allowed here; a key is letters, digits, _ and -, or stands in quotes")]
    [InlineData("[a", 1, 3, "the end of the document is not allowed here; the header is closed by ]")]
    [InlineData("a = 9223372036854775808", 1, 5, "this integer does not fit 64 bits; allowed are -9223372036854775808 to 9223372036854775807")]
    [InlineData("a = 1e999", 1, 5, "this float is too large for 64 bits; infinity is written inf")]
    [InlineData("a = 2026-02-29", 1, 5, "this day is not in the calendar; allowed are 0001-01-01 to 9999-12-31")]
    [InlineData("\u20AC = 1", 1, 1, "'\u20AC' is not allowed here; a key is letters, digits, _ and -, or stands in quotes")]
    [InlineData("\uD83D\uDE00 = 1", 1, 1, "the character U+1F600 is not allowed here; a key is letters, digits, _ and -, or stands in quotes")]
    public void Says_where_the_fault_is_and_what_is_allowed(string text, int line, int column, string message)
    {
        var fault = Assert.Throws<TomlException>(() => TomlReader.Parse(text));

        Assert.Equal((line, column, message), (fault.Line, fault.Column, fault.Message));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused_where_they_stand()
    {
        var fault = Assert.Throws<TomlException>(() => TomlReader.Parse([.. "a = 1\nb = \"\u00E9"u8, 0xFF, .. "\""u8]));

        Assert.Equal(new TomlPosition(2, 7), fault.Position);
    }

    // No theory: attributes cannot hold such strings.
    [Fact]
    public void Half_a_surrogate_pair_is_refused() => Assert.All(
        ["a = 1\nb = '\uD800'", "a = 1\nb = '\uDC00\uD800'", "a = 1\nb = 2 #\uD800"],
        static text => Assert.Equal(2, Assert.Throws<TomlException>(() => TomlReader.Parse(text)).Line));

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a=", "}")]
    public void Nesting_ends_at_its_bound(string open, string close)
    {
        TomlReader.Parse(Nested(100));
        Assert.Throws<TomlException>(() => TomlReader.Parse(Nested(101)));
        Assert.Throws<TomlException>(() => TomlReader.Parse(Nested(200_000)));

        string Nested(int depth) =>
            "x = " + new StringBuilder().Insert(0, open, depth) + (open == "[" ? string.Empty : "1") + new StringBuilder().Insert(0, close, depth);
    }

    [Fact]
    public void Dotted_keys_and_headers_end_at_the_same_bound()
    {
        var key = string.Join('.', Enumerable.Repeat("a", 101));

        Assert.Throws<TomlException>(() => TomlReader.Parse($"[{key}]"));
        Assert.Throws<TomlException>(() => TomlReader.Parse($"{key}.b = 1"));
        Assert.Throws<TomlException>(() => TomlReader.Parse($"[{key[..^60]}]\n{key[..^60]}.b = 1"));
    }

    [Fact]
    public void The_length_is_bounded()
    {
        var options = new TomlReaderOptions { MaxLength = 10 };

        TomlReader.Parse("a = 123456", options);
        Assert.Throws<TomlException>(() => TomlReader.Parse("a = 1234567", options));
        Assert.Throws<TomlException>(() => TomlReader.Parse("a = 1234567"u8, options));
    }

    [Fact]
    public void Fractions_of_a_second_are_cut_not_rounded()
    {
        var time = (TomlLocalTime)Entry(TomlReader.Parse("a = 00:00:00.99999999999"), "a").Value;

        Assert.Equal(new TimeOnly(9_999_999), time.Value);
    }

    [Fact]
    public void Offsets_beyond_the_platforms_are_read_but_make_no_instant()
    {
        var instant = (TomlOffsetDateTime)Entry(TomlReader.Parse("a = 2026-01-01T00:00:00-23:59"), "a").Value;

        Assert.Equal(new TimeSpan(-23, -59, 0), instant.Offset);
        Assert.False(instant.TryGetInstant(out _));
    }

    private static TomlEntry Entry(TomlTable table, string key)
    {
        Assert.True(table.TryGet(key, out var entry));
        return entry;
    }
}
