using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class HeaderFoldingTests
{
    [Fact]
    public void Short_fields_stay_on_one_line()
    {
        Assert.Equal("Subject: hello world\r\n", HeaderFolding.Field("Subject", "hello world"));
        Assert.Equal("Subject:\r\n", HeaderFolding.Field("Subject", "  "));
    }

    [Fact]
    public void Folds_before_space_at_78()
    {
        var field = HeaderFolding.Field("Subject", string.Join(' ', Enumerable.Repeat("word", 60)));

        var lines = field.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 3);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 78));
        Assert.All(lines.Skip(1), line => Assert.StartsWith(" word", line, StringComparison.Ordinal));
        Assert.Equal("Subject: " + string.Join(' ', Enumerable.Repeat("word", 60)) + "\r\n", field.Replace("\r\n ", " ", StringComparison.Ordinal));
    }

    [Fact]
    public void Long_words_are_kept_whole_up_to_998_octets_and_then_cut()
    {
        Assert.Equal(1, Lines(HeaderFolding.Field("References", "<" + new string('x', 900) + ">")));

        var field = HeaderFolding.Field("X", new string('é', 2000));
        Assert.All(field.Split("\r\n"), line => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(line), 0, 998));
    }

    [Theory]
    [InlineData("x\r\nBcc: a@example.com")]
    [InlineData("x\nBcc: a@example.com")]
    [InlineData("x\rBcc: a@example.com")]
    [InlineData("x\0\u0085\u000bBcc: a@example.com")]
    [InlineData("x\r\n\r\nbody")]
    public void No_value_can_add_a_line_that_is_a_field(string value)
    {
        foreach (var field in (string[])[HeaderFolding.Field("Subject", value), HeaderFolding.TextField("Subject", value)])
        {
            Assert.Equal(1, Lines(field));
            Assert.DoesNotContain('\0', field);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("Sub ject")]
    [InlineData("Subject:")]
    [InlineData("Sub\r\nject")]
    [InlineData("Sübject")]
    public void Refuses_what_is_no_field_name(string name)
    {
        Assert.Throws<ArgumentException>(() => HeaderFolding.Field(name, "x"));
    }

    [Fact]
    public void Text_is_encoded_only_where_needed()
    {
        Assert.Equal("Subject: plain text\r\n", HeaderFolding.TextField("Subject", "plain text"));
        Assert.Equal("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n", HeaderFolding.TextField("Subject", "Grüße"));
        Assert.Equal("Subject: =?utf-8?B?5pel5pys6Kqe?=\r\n", HeaderFolding.TextField("Subject", "日本語"));
        Assert.DoesNotContain("=?x", HeaderFolding.TextField("Subject", "=?x"), StringComparison.Ordinal);
    }

    private static int Lines(string field) => field.Split("\r\n").Length - 1;
}
