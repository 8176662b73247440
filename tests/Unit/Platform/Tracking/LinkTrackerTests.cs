using Relay.Platform.Domains;
using Relay.Platform.Tracking;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class LinkTrackerTests
{
    private readonly TrackingWorld _world = new();

    [Theory]
    [InlineData("""<a href="https://example.com/">x</a>""", """<a href="[https://example.com/]">x</a>""")]
    [InlineData("""<A class=b HREF='http://example.com/x'>x</A>""", """<A class=b HREF='[http://example.com/x]'>x</A>""")]
    [InlineData("<a href=https://example.com/a/>x</a>", "<a href=[https://example.com/a/]>x</a>")]
    [InlineData("<area shape=rect href = \"https://example.com/\">", "<area shape=rect href = \"[https://example.com/]\">")]
    [InlineData("<a href=\" \n https://example.com/a\r\n b \">x", "<a href=\"[https://example.com/a%20b]\">x")]
    [InlineData("""<a href="https://example.com/?a=1&amp;b=2">x""", """<a href="[https://example.com/?a=1&b=2]">x""")]
    [InlineData("""<a href="https://example.com/?a=1&b=2&copy=3">x""", """<a href="[https://example.com/?a=1&b=2&copy=3]">x""")]
    [InlineData("""<a href='https://example.com/?q="x"&#38;r'>x""", """<a href='[https://example.com/?q=%22x%22&r]'>x""")]
    [InlineData("""<a href="https://bücher.example/straße">x""", """<a href="[https://xn--bcher-kva.example/stra%C3%9Fe]">x""")]
    [InlineData("""<a href="https://example.com/%7Ea/../b">x""", """<a href="[https://example.com/%7Ea/../b]">x""")]
    [InlineData("""<a href="https://example.com/1" href="https://example.com/2">x""", """<a href="[https://example.com/1]" href="https://example.com/2">x""")]
    [InlineData("""<a title="a > b" href="https://example.com/">x""", """<a title="a > b" href="[https://example.com/]">x""")]
    [InlineData("""<a/href="https://example.com/">x""", """<a/href="[https://example.com/]">x""")]
    [InlineData("""<!--[if !mso]><!--><a href="https://example.com/">x</a><!--<![endif]-->""", """<!--[if !mso]><!--><a href="[https://example.com/]">x</a><!--<![endif]-->""")]
    [InlineData("""<![if !mso]><a href="https://example.com/">x</a><![endif]>""", """<![if !mso]><a href="[https://example.com/]">x</a><![endif]>""")]
    [InlineData("""<!-- a --!><a href="https://example.com/">""", """<!-- a --!><a href="[https://example.com/]">""")]
    [InlineData("""<!--><a href="https://example.com/">""", """<!--><a href="[https://example.com/]">""")]
    [InlineData("""1 < 2 <a href="https://example.com/">""", """1 < 2 <a href="[https://example.com/]">""")]
    [InlineData("""<title>a</title ><a href="https://example.com/">""", """<title>a</title ><a href="[https://example.com/]">""")]
    [InlineData("""<svg><title/></svg><a href="https://example.com/">""", """<svg><title/></svg><a href="[https://example.com/]">""")]
    public void Web_links_are_tracked_and_nothing_else_changes(string html, string expected) => Assert.Equal(expected, _world.Readable(html));

    [Theory]
    [InlineData("""<a href="mailto:person@example.com">x</a>""")]
    [InlineData("""<a href="tel:+4930123456">x</a>""")]
    [InlineData("""<a href="#top">x</a>""")]
    [InlineData("""<a href="cid:part1@example.com">x</a>""")]
    [InlineData("""<a href="/relative">x</a>""")]
    [InlineData("""<a href="//example.com/">x</a>""")]
    [InlineData("""<a href="javascript:alert(1)">x</a>""")]
    [InlineData("""<a href="https:example.com">x</a>""")]
    [InlineData("""<a href="https://user:secret@example.com/">x</a>""")]
    [InlineData("""<a href="{{link}}">x</a>""")]
    [InlineData("""<a href="https://example.com/{{id}}">x</a>""")]
    [InlineData("""<a href="https://example.com/*|ID|*">x</a>""")]
    [InlineData("""<a href="https://example.com/" rel="noopener notrack">x</a>""")]
    [InlineData("""<a href="">x</a><a href>y</a><a>z</a>""")]
    [InlineData("""<link href="https://example.com/a.css"><img src="https://example.com/a.png">""")]
    [InlineData("""<!--[if mso]><a href="https://example.com/">x</a><![endif]-->""")]
    [InlineData("""<style>a { content: '<a href="https://example.com/">' }</style>""")]
    [InlineData("""<textarea><a href="https://example.com/"></textarea>""")]
    [InlineData("""<a data-href="https://example.com/">x</a>""")]
    [InlineData("""<a href="https://example.com/" """)]
    [InlineData("""<a href="https://example.com/""")]
    [InlineData("""<p>text only</p>""")]
    [InlineData("<")]
    [InlineData("</")]
    [InlineData("<!")]
    [InlineData("<!--")]
    [InlineData("")]
    public void Everything_else_stays_as_it_is(string html) => Assert.Same(html, _world.Tracker.Track(html, TrackingWorld.Target(opens: false)));

    [Fact]
    public void A_very_long_address_stays_as_it_is()
    {
        var html = $"<a href=\"https://example.com/{new string('a', TargetUrl.MaxLength)}\">x</a>";
        Assert.Same(html, _world.Tracker.Track(html, TrackingWorld.Target(opens: false)));
    }

    [Theory]
    [InlineData("""<a data-relay-notrack href="https://example.com/">x</a>""", """<a href="https://example.com/">x</a>""")]
    [InlineData("""<a href="https://example.com/" data-relay-notrack="yes" class="b">x</a>""", """<a href="https://example.com/" class="b">x</a>""")]
    public void A_link_marked_for_it_is_not_tracked_and_the_mark_goes(string html, string expected)
    {
        Assert.Equal(expected, _world.Readable(html));
        Assert.StartsWith(expected, _world.Tracker.Track(html, TrackingWorld.Target(clicks: false)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html><body><p>a</p>|</body></html>")]
    [InlineData("<p>a</p>|")]
    [InlineData("<body><!-- </body> --><p>a|</BODY >\r\n")]
    [InlineData("<body>first</body><blockquote>second|</body>")]
    public void The_pixel_stands_before_the_end_of_the_body_else_at_the_end(string html)
    {
        var at = html.IndexOf('|', StringComparison.Ordinal);
        var original = html.Remove(at, 1);
        var tracked = _world.Tracker.Track(original, TrackingWorld.Target(clicks: false));
        Assert.StartsWith(original[..at] + "<img src=\"https://track.example.com/o/", tracked, StringComparison.Ordinal);
        Assert.EndsWith(">" + original[at..], tracked, StringComparison.Ordinal);
        Assert.Equal(original, TrackingWorld.WithoutAdditions(tracked));
    }

    [Theory]
    [InlineData("<p>a <!-- never closed")]
    [InlineData("<p>a <b class=\"")]
    [InlineData("<style>p { color: red }")]
    public void There_is_no_pixel_where_nobody_would_see_it(string html) => Assert.Same(html, _world.Tracker.Track(html, TrackingWorld.Target(clicks: false)));

    [Fact]
    public void A_hidden_link_for_programs_is_there_only_when_links_are_tracked()
    {
        const string WithLink = """<a href="https://example.com/">x</a>""";
        Assert.Contains("display:none", _world.Tracker.Track(WithLink, TrackingWorld.Target()), StringComparison.Ordinal);
        Assert.DoesNotContain("display:none", _world.Tracker.Track(WithLink, TrackingWorld.Target(clicks: false)), StringComparison.Ordinal);
        Assert.DoesNotContain("display:none", _world.Tracker.Track("<p>a</p>", TrackingWorld.Target()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_domain_may_have_its_own_host() =>
        Assert.Contains(
            "<a href=\"https://links.example.org/t/", _world.Tracker.Track("<a href=\"https://example.com/\">x</a>", TrackingWorld.Target(host: "links.example.org")), StringComparison.Ordinal);

    [Theory]
    [InlineData(null, null, false, false)]
    [InlineData(true, null, true, false)]
    [InlineData(null, true, false, true)]
    public void The_message_decides_before_its_domain(bool? opens, bool? clicks, bool expectedOpens, bool expectedClicks)
    {
        Assert.Equal(new TrackingChoice(expectedOpens, expectedClicks), _world.Tracker.Choose(null, opens, clicks));
        Assert.Equal(new TrackingChoice(opens ?? true, clicks ?? true), _world.Tracker.Choose(Domain(isTracked: true), opens, clicks));
        Assert.Equal(default, _world.Tracker.Choose(Domain(isTracked: true), opens: false, clicks: false));
    }

    [Fact]
    public void Nothing_is_tracked_while_the_public_listener_is_closed()
    {
        var world = new TrackingWorld(isOpen: false);
        Assert.False(world.Tracker.Choose(Domain(isTracked: true), opens: true, clicks: true).IsAny);
        Assert.Equal("<a href=\"https://example.com/\">x</a>", world.Tracker.Track("<a href=\"https://example.com/\">x</a>", TrackingWorld.Target()));
    }

    private static SendingDomain Domain(bool isTracked) => new()
    {
        Id = 1,
        Uid = Guid.Empty,
        AccountId = 7,
        Name = Mail.DomainName.Parse("example.com"),
        Region = "here",
        Status = DomainStatus.Success,
        OpenTracking = isTracked,
        ClickTracking = isTracked,
        CreatedAt = default,
        UpdatedAt = default,
    };
}
