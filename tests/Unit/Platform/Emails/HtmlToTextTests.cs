using Relay.Platform.Emails;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class HtmlToTextTests
{
    [Theory]
    [InlineData("<p>One</p><p>Two</p>", "One\n\nTwo\n")]
    [InlineData("a  b\n\tc", "a b c\n")]
    [InlineData("a<br>b<br/>c", "a\nb\nc\n")]
    [InlineData("<div>a</div><div>b</div>", "a\nb\n")]
    [InlineData("<h1>Head</h1>text", "Head\n\ntext\n")]
    [InlineData("<a href=\"https://example.com/x?a=1&amp;b=2\">here</a>.", "here (https://example.com/x?a=1&b=2).\n")]
    [InlineData("<a href=\"https://example.com\">https://example.com</a>", "https://example.com\n")]
    [InlineData("<a href=\"mailto:x@example.com\">write</a>", "write (x@example.com)\n")]
    [InlineData("<a href=\"javascript:x()\">no</a> <a href=\"#top\">up</a>", "no up\n")]
    [InlineData("<a href=\"https://example.com/\"><img src=x alt=\"Logo\"></a>", "Logo (https://example.com/)\n")]
    [InlineData("<ul><li>one<li>two</ul>", "- one\n- two\n")]
    [InlineData("<ol start=3><li>one</li><li>two</li></ol>", "3. one\n4. two\n")]
    [InlineData("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "a  b\n1  2\n")]
    [InlineData("<style>p{}</style><script>x()</script><title>t</title>only", "only\n")]
    [InlineData("<div style=\"display: none\">preview</div><p hidden>x</p>seen", "seen\n")]
    [InlineData("&lt;b&gt; &amp; &euro;&nbsp;5", "<b> & € 5\n")]
    [InlineData("<pre>a\n  b</pre>", "a\n  b\n")]
    [InlineData("a<hr>b", "a\n\n----\n\nb\n")]
    [InlineData("", "\n")]
    [InlineData("<p>open <b>never closed", "open never closed\n")]
    public void Says_what_a_reader_sees(string html, string text) => Assert.Equal(text, HtmlToText.Convert(html));

    [Theory]
    [InlineData("<div>")]
    [InlineData("<b>")]
    [InlineData("<table>")]
    [InlineData("<ul><li>")]
    public void Nesting_without_end_costs_bounded_time(string tag)
    {
        var html = string.Concat(Enumerable.Repeat(tag, 60_000)) + "x";

        Assert.NotNull(HtmlToText.Convert(html));
    }
}
