using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ParameterValueTests
{
    [Theory]
    [InlineData("text/plain; charset=us-ascii (Plain text)", "charset", "us-ascii")]
    [InlineData("text/plain; CHARSET=\"us-ascii\"", "charset", "us-ascii")]
    [InlineData("multipart/mixed; boundary=\"a;b\\\"c\"", "boundary", "a;b\"c")]
    [InlineData("multipart/mixed; boundary=----=_Part_1", "boundary", "----=_Part_1")]
    [InlineData("message/external-body; access-type=URL; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/pub\"", "url", "ftp://cs.utk.edu/pub")]
    [InlineData("application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "title", "This is ***fun***")]
    [InlineData("application/x-stuff; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*0*=us-ascii'en'This%20is%20even%20more%20; title*2=\"isn't it!\"", "title", "This is even more ***fun*** isn't it!")]
    [InlineData("attachment; filename*=iso-8859-1''%E9.txt", "filename", "é.txt")]
    [InlineData("attachment; filename=plain.txt; filename*=utf-8''%C3%A9.txt", "filename", "é.txt")]
    [InlineData("attachment; filename=\"=?utf-8?Q?=C3=A9?=.txt\"", "filename", "é.txt")]
    [InlineData("attachment; filename=my file.txt; size=3", "filename", "my file.txt")]
    [InlineData("message/external-body; access-type=mail-server server=\"x\"", "server", "x")]
    [InlineData("attachment; filename=\"open", "filename", "open")]
    [InlineData("attachment;; filename = a", "filename", "a")]
    [InlineData("attachment; filename=%41", "filename", "%41")]
    public void Reads_parameters(string text, string name, string value)
    {
        Assert.Equal(value, ParameterValue.Parse(text)[name]);
    }

    [Theory]
    [InlineData("attachment; filename=a.txt", "a.txt")]
    [InlineData("attachment; filename=\"a b.txt\"", "a b.txt")]
    [InlineData("attachment; filename*=utf-8''%C3%A9.txt", "é.txt")]
    public void Writes_the_simplest_form(string text, string fileName)
    {
        Assert.Equal(text, new ParameterValue("attachment", new KeyValuePair<string, string>("filename", fileName)).ToString());
    }

    [Fact]
    public void Long_values_are_continued_in_short_pieces()
    {
        var name = new string('é', 200);

        var text = new ParameterValue("attachment", new KeyValuePair<string, string>("filename", name)).ToString();

        Assert.All(text.Split(' '), piece => Assert.InRange(piece.Length, 1, 78));
        Assert.Equal(name, ParameterValue.Parse(text)["filename"]);
    }

    [Fact]
    public void Refuses_names_that_are_no_tokens()
    {
        Assert.Throws<ArgumentException>(() => new ParameterValue("a", new KeyValuePair<string, string>("x\r\ny", "z")));
    }
}
