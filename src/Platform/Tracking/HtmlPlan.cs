namespace Relay.Platform.Tracking;

/// <summary>Where an HTML text is changed to be tracked; the same for all recipients of it.</summary>
/// <param name="Edits">By place.</param>
/// <param name="InsertAt">Where the pixel goes: before the last end of the body, else at the end; -1 where it would not be seen.</param>
internal sealed record HtmlPlan(IReadOnlyList<HtmlEdit> Edits, int InsertAt)
{
    /// <summary>Links beyond this number stay as they are.</summary>
    private const int MaxLinks = 1_000;

    private const string NoTrackAttribute = "data-relay-notrack";

    public bool HasLinks => Edits.Any(edit => edit.Url is not null);

    public static HtmlPlan Of(string html)
    {
        var edits = new List<HtmlEdit>();
        var scanner = new HtmlTagScanner(html);
        var bodyEnd = -1;
        var links = 0;
        while (scanner.Next() is { } tag)
        {
            if (tag.IsEnd)
            {
                bodyEnd = tag.Is(html, "body") ? tag.Start : bodyEnd;
            }
            else if (tag.Find(html, NoTrackAttribute) is { } mark)
            {
                edits.Add(Removal(html, mark));
            }
            else if (links < MaxLinks && LinkOf(html, tag) is { } link)
            {
                edits.Add(link);
                links++;
            }
        }

        var end = scanner.EndsInside ? -1 : html.Length;
        return new HtmlPlan(edits, bodyEnd >= 0 ? bodyEnd : end);
    }

    // The attribute goes with the space before it.
    private static HtmlEdit Removal(string html, HtmlAttribute attribute)
    {
        var start = attribute.NameStart;
        while (html[start - 1] is ' ' or '\t' or '\r' or '\n' or '\f')
        {
            start--;
        }

        return new HtmlEdit(start, attribute.End - start, null);
    }

    private static HtmlEdit? LinkOf(string html, HtmlTag tag)
    {
        if ((!tag.Is(html, "a") && !tag.Is(html, "area"))
            || (tag.Find(html, "rel") is { } rel && Mentions(html.AsSpan(rel.ValueStart, rel.ValueLength), "notrack"))
            || tag.Find(html, "href") is not { } href)
        {
            return null;
        }

        return TargetUrl.TryRead(html.AsSpan(href.ValueStart, href.ValueLength), out var url)
            ? new HtmlEdit(href.ValueStart, href.ValueLength, url)
            : null;
    }

    private static bool Mentions(ReadOnlySpan<char> words, string word)
    {
        foreach (var range in words.SplitAny(" \t\r\n\f"))
        {
            if (words[range].Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A piece of the text to be replaced by the tracked address of <paramref name="Url"/>, or removed when that is null.</summary>
internal readonly record struct HtmlEdit(int Start, int Length, string? Url);
