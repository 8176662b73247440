using System.Buffers;

namespace Relay.Platform.Tracking;

/// <summary>Finds the tags of an HTML text as browsers see them, each at its exact place, whatever is malformed around them.</summary>
/// <remarks>
/// The states of the HTML standard's tokenizer that decide where tags are: comments (and with them what only Outlook reads), text of
/// elements like style and title, quoted attributes. A tree builder would tell us more than we need and lose the places.
/// </remarks>
internal sealed class HtmlTagScanner(string html)
{
    private static readonly SearchValues<char> Space = SearchValues.Create(" \t\r\n\f");

    private static readonly string[] RawElements = ["script", "style", "xmp", "iframe", "noembed", "noframes", "title", "textarea"];

    private readonly List<(int Start, int End)> _skipped = [];
    private int _at;

    /// <summary>Comments and what is no tag to its end, between the tag before and the one of the last call of <see cref="Next"/>.</summary>
    public IReadOnlyList<(int Start, int End)> Skipped => _skipped;

    /// <summary>True when the text ends inside a comment, a tag or the text of an element, so that what is added behind it would not be seen.</summary>
    public bool EndsInside { get; private set; }

    public HtmlTag? Next()
    {
        _skipped.Clear();
        while (_at < html.Length)
        {
            var open = html.IndexOf('<', _at);
            if (open < 0 || open + 1 >= html.Length)
            {
                EndsInside |= open >= 0;
                break;
            }

            if (TryReadMarkup(open) is { } tag)
            {
                return tag;
            }
        }

        _at = html.Length;
        return null;
    }

    // Moves on in any case; null when it was no tag.
    private HtmlTag? TryReadMarkup(int open)
    {
        var next = html[open + 1];
        var isEnd = next == '/' && open + 2 < html.Length && char.IsAsciiLetter(html[open + 2]);
        if (char.IsAsciiLetter(next) || isEnd)
        {
            var tag = ReadTag(open, isEnd);
            if (tag is null)
            {
                _skipped.Add((open, _at));
            }

            return tag;
        }

        if (next is '!' or '?' or '/')
        {
            SkipComment(open);
            _skipped.Add((open, _at));
        }
        else
        {
            _at = open + 1;
        }

        return null;
    }

    private void SkipComment(int open)
    {
        if (!html.AsSpan(open).StartsWith("<!--"))
        {
            MoveBehind(html.IndexOf('>', open + 2), 1);
            return;
        }

        var body = html.AsSpan(open + 4);
        if (body.StartsWith(">") || body.StartsWith("->"))
        {
            _at = html.IndexOf('>', open + 4) + 1;
            return;
        }

        var usual = html.IndexOf("-->", open + 4, StringComparison.Ordinal);
        var odd = html.IndexOf("--!>", open + 4, usual < 0 ? html.Length - open - 4 : usual - open - 4, StringComparison.Ordinal);
        MoveBehind(odd >= 0 ? odd : usual, odd >= 0 ? 4 : 3);
    }

    private HtmlTag? ReadTag(int open, bool isEnd)
    {
        var nameStart = open + (isEnd ? 2 : 1);
        var nameEnd = nameStart;
        while (nameEnd < html.Length && !IsNameEnd(html[nameEnd]))
        {
            nameEnd++;
        }

        var attributes = new List<HtmlAttribute>();
        var at = nameEnd;
        var isSelfClosing = false;
        while (true)
        {
            while (at < html.Length && (Space.Contains(html[at]) || html[at] == '/'))
            {
                isSelfClosing = html[at++] == '/';
            }

            if (at >= html.Length)
            {
                MoveBehind(-1, 0);
                return null;
            }

            if (html[at] == '>')
            {
                break;
            }

            isSelfClosing = false;
            if (ReadAttribute(at) is not { } attribute)
            {
                MoveBehind(-1, 0);
                return null;
            }

            attributes.Add(attribute);
            at = attribute.End;
        }

        _at = at + 1;
        var tag = new HtmlTag(open, nameEnd, _at, isEnd, isSelfClosing, attributes);
        if (!isEnd && !isSelfClosing)
        {
            SkipRawText(tag);
        }

        return tag;
    }

    // Null when the text ends inside its quotes.
    private HtmlAttribute? ReadAttribute(int start)
    {
        // A leading = belongs to the name.
        var nameEnd = start + 1;
        while (nameEnd < html.Length && !IsNameEnd(html[nameEnd]) && html[nameEnd] != '=')
        {
            nameEnd++;
        }

        var at = SkipSpace(nameEnd);
        if (at >= html.Length || html[at] != '=')
        {
            return new HtmlAttribute(start, nameEnd - start, nameEnd, 0, nameEnd);
        }

        at = SkipSpace(at + 1);
        if (at < html.Length && html[at] is '"' or '\'')
        {
            var close = html.IndexOf(html[at], at + 1);
            return close < 0 ? null : new HtmlAttribute(start, nameEnd - start, at + 1, close - at - 1, close + 1);
        }

        var end = at;
        while (end < html.Length && !Space.Contains(html[end]) && html[end] != '>')
        {
            end++;
        }

        return new HtmlAttribute(start, nameEnd - start, at, end - at, end);
    }

    private void SkipRawText(HtmlTag tag)
    {
        if (tag.Is(html, "plaintext"))
        {
            MoveBehind(-1, 0);
            return;
        }

        var name = Array.Find(RawElements, candidate => tag.Is(html, candidate));
        if (name is null)
        {
            return;
        }

        var closing = "</" + name;
        var at = _at;
        while ((at = html.IndexOf(closing, at, StringComparison.OrdinalIgnoreCase)) >= 0)
        {
            var behind = at + closing.Length;
            if (behind < html.Length && IsNameEnd(html[behind]))
            {
                _at = at;
                return;
            }

            at = behind;
        }

        MoveBehind(-1, 0);
    }

    private int SkipSpace(int at)
    {
        while (at < html.Length && Space.Contains(html[at]))
        {
            at++;
        }

        return at;
    }

    private static bool IsNameEnd(char c) => c is '/' or '>' || Space.Contains(c);

    private void MoveBehind(int found, int length)
    {
        EndsInside |= found < 0;
        _at = found < 0 ? html.Length : found + length;
    }
}
