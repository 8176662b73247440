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
    [InlineData("a<!-- <b>no</b> -->b<![if !mso]>c<![endif]> 1 < 2 &copy 3", "abc 1 < 2 © 3\n")]
    [InlineData("<html><head><title>t</title><meta charset=utf-8></head><body>seen</body></html>", "seen\n")]
    [InlineData("<p>one<p>two<div>three<p>four</div>five", "one\n\ntwo\n\nthree\n\nfour\n\nfive\n")]
    [InlineData("<table><tr><td>a<table><tr><td>b<td>c</table><td>d<tr><td>e</table>f", "a\nb  c\n  d\ne\nf\n")]
    [InlineData("<div hidden>x<div>y</div>z</div>seen<svg><path/><text>no</text></svg>", "seen\n")]
    [InlineData("<ol><li>one<ul><li>in</ul><li>two</ol>", "1. one\n\n- in\n\n2. two\n")]
    [InlineData("<a href=\"https://example.com\">a <b>long text of a link</b>", "a long text of a link (https://example.com)\n")]
    [InlineData("<table><tr><td>a</td><td><p><a href=\"https://e.test/\">b</a></p></td></tr></table>", "a\n\nb (https://e.test/)\n")]
    [InlineData("see <a href=\"e.test\"> e.test </a>", "see e.test\n")]
    [InlineData("<pre>\na</pre><dl><dt>t<dd>d</dl>", "a\n\n- t\n- d\n")]
    [InlineData("<a href='https://example.com/?q=\"&amp;b'>x", "x (https://example.com/?q=\"&b)\n")]
    public void Says_what_a_reader_sees(string html, string text) => Assert.Equal(text, HtmlToText.Convert(html));

    [Theory]
    [InlineData("", "<div>")]
    [InlineData("", "<b>")]
    [InlineData("", "<table>")]
    [InlineData("", "<ul><li>")]
    [InlineData("<font>", "<p>x")]
    [InlineData("", "<a href=x><marquee>x")]
    public void What_is_never_closed_costs_little(string first, string then)
    {
        // No two alike: of equal ones a parser opens no more than three again.
        var opened = first.Length == 0 ? string.Empty : string.Concat(Enumerable.Range(0, 500).Select(i => $"{first[..^1]} size={i}>"));
        var html = opened + string.Concat(Enumerable.Repeat(then, 4_000)) + "x";
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.NotNull(HtmlToText.Convert(html));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024 * 1024);
    }
}
