using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AngleSharp.Html.Parser;
using Relay.Platform.Tracking;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Real mail from the corpora, and texts put together from what goes wrong in HTML: what we insert can be taken out again, and a full parser sees the same links.</summary>
public sealed partial class TrackedCorpusTests
{
    private readonly TrackingWorld _world = new();

    [Fact]
    public void Taking_out_what_was_inserted_gives_the_original()
    {
        var links = 0;
        foreach (var html in Texts())
        {
            links += Undo(html);
        }

        Assert.True(links > 500, $"only {links} links in the corpora");
    }

    [Fact]
    public void A_full_parser_sees_the_same_links_leading_to_the_same_places()
    {
        var parser = new HtmlParser();
        var links = 0;
        foreach (var html in Texts())
        {
            var before = Hrefs(parser, html);
            var after = Hrefs(parser, TrackingWorld.WithoutAdditions(_world.Tracker.Track(html, TrackingWorld.Target())));
            Assert.Equal(before.Count, after.Count);
            foreach (var (was, now) in before.Zip(after))
            {
                var match = TrackingWorld.TrackedLink().Match(now);
                if (match.Success)
                {
                    Assert.Equal(Plain(was), Plain(_world.Tokens.Open(match.Groups[1].Value)!.Url!));
                    links++;
                }
                else
                {
                    Assert.Equal(was, now);
                }
            }
        }

        Assert.True(links > 500, $"only {links} links in the corpora");
    }

    // Walks both texts side by side; returns the number of links.
    private int Undo(string html)
    {
        var tracked = _world.Tracker.Track(html, TrackingWorld.Target());
        var restored = new StringBuilder();
        var plan = HtmlPlan.Of(html);
        var plain = TrackingWorld.WithoutAdditions(tracked);
        var at = 0;
        var last = 0;
        foreach (var edit in plan.Edits)
        {
            var untouched = edit.Start - last;
            restored.Append(plain, at, untouched);
            at += untouched;
            last = edit.Start + edit.Length;
            if (edit.Url is not null)
            {
                var match = TrackingWorld.TrackedLink().Match(plain, at);
                Assert.True(match.Success && match.Index == at);
                Assert.Equal(edit.Url, _world.Tokens.Open(match.Groups[1].Value)!.Url);
                at += match.Length;
            }

            restored.Append(html, edit.Start, edit.Length);
        }

        Assert.Equal(html, restored.Append(plain.AsSpan(at)).ToString());
        return plan.Edits.Count(edit => edit.Url is not null);
    }

    private static List<string> Hrefs(HtmlParser parser, string html) =>
        [.. parser.ParseDocument(html).QuerySelectorAll("a[href], area[href]").Select(link => link.GetAttribute("href")!)];

    private static string Plain(string url) => Uri.TryCreate(Folds().Replace(url.Trim(), string.Empty), UriKind.Absolute, out var uri) ? uri.AbsoluteUri : url;

    private static readonly string[] Pieces =
    [
        "<a href=\"https://example.com/a?b=1&amp;c=2\">", "<a href='http://example.org/x' class=y>", "<a href=https://example.com/z>", "</a>", "<a", " href=", "\"", "'", ">", "<",
        "<A HREF = \"https://example.com/1\n2\"\t/>", "<area href=\"https://example.com/area\"/>", "<p>", "</p>", "text &amp; more", "<!--", "-->", "--!>", "<!-->", "<!--[if mso]>", "<![endif]-->",
        "<![if !mso]>", "<![endif]>", "<!DOCTYPE html>", "<br/>", "</body>", "</html>", "<body bgcolor=red>", "<table><tr><td>", "</td></tr></table>", "<img alt='>' src=x>", "<?php ?>", "</>", "</ a>",
        "<b title=\"<a href='https://example.com/no'>\">", "\r\n", "é", "\u0000", "=", "/", "<title>", "</title>", "<style>", "</style>", "&copy=1", "<a href=\"{{x}}\">", "<a href=\"mailto:a@example.com\">",
    ];

    private static IEnumerable<string> Texts() => CorpusTexts().Concat(MadeTexts());

    private static IEnumerable<string> MadeTexts()
    {
        var random = new Random(20301);
        for (var i = 0; i < 2_000; i++)
        {
            yield return string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => Pieces[random.Next(Pieces.Length)]));
        }
    }

    // Every file as it is, and as it reads with quoted-printable undone: some of it is HTML, all of it must be survived.
    private static IEnumerable<string> CorpusTexts()
    {
        foreach (var folder in new[] { "messages-mimekit", "messages-mail-parser", "bounces-sisimai" })
        {
            foreach (var file in Directory.EnumerateFiles(TestData.Path(folder), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                var text = Encoding.UTF8.GetString(File.ReadAllBytes(file));
                if (text.Length < 500_000 && text.Contains("<a", StringComparison.OrdinalIgnoreCase))
                {
                    yield return text;
                    yield return Escaped().Replace(SoftBreak().Replace(text, string.Empty), match => ((char)int.Parse(match.ValueSpan[1..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString());
                }
            }
        }
    }

    [GeneratedRegex("=\r?\n")]
    private static partial Regex SoftBreak();

    [GeneratedRegex("=[0-9A-F]{2}")]
    private static partial Regex Escaped();

    [GeneratedRegex("[\t\r\n]")]
    private static partial Regex Folds();
}
