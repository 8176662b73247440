using System.Globalization;
using System.Text;
using AngleSharp.Html.Parser;
using Relay.Platform.Tracking;

namespace Relay.Platform.Emails;

/// <summary>Makes the text part of an e-mail that came as HTML only: what a reader sees, without markup.</summary>
/// <remarks>
/// It goes from tag to tag and builds no tree: the work of a tree builder grows with the square of what is left open, and so does its
/// memory where each paragraph opens again what the one before left open. What is open is kept to a depth no sensible mail reaches;
/// elements below it have no effect, their text is shown.
/// </remarks>
internal sealed class HtmlToText
{
    private const int MaxLength = 1024 * 1024;
    private const int MaxTags = 20_000;
    private const int MaxDepth = 200;

    private static readonly HtmlParser Parser = new();

    private static readonly HashSet<string> Hidden = new(StringComparer.Ordinal)
    {
        "style", "script", "noscript", "template", "title", "object", "iframe", "svg", "math", "select", "textarea", "noembed", "noframes",
    };

    private static readonly HashSet<string> Blocks = new(StringComparer.Ordinal)
    {
        "address", "article", "aside", "div", "dl", "dt", "dd", "fieldset", "figure", "figcaption", "footer", "form", "header", "li", "main",
        "nav", "section", "table", "tr", "caption", "thead", "tbody", "tfoot", "center",
    };

    private static readonly HashSet<string> Paragraphs = new(StringComparer.Ordinal)
    {
        "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "pre",
    };

    private static readonly HashSet<string> Void = new(StringComparer.Ordinal)
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    };

    // What a start tag ends by itself, and how far up it looks.
    private static readonly Dictionary<string, (string[] Ended, string[] Within)> ImpliedEnds = new(StringComparer.Ordinal)
    {
        ["li"] = (["li"], ["ul", "ol"]),
        ["dt"] = (["dt", "dd"], ["dl"]),
        ["dd"] = (["dt", "dd"], ["dl"]),
        ["td"] = (["td", "th"], ["tr", "table"]),
        ["th"] = (["td", "th"], ["tr", "table"]),
        ["tr"] = (["tr"], ["table"]),
        ["thead"] = (["thead", "tbody", "tfoot"], ["table"]),
        ["tbody"] = (["thead", "tbody", "tfoot"], ["table"]),
        ["tfoot"] = (["thead", "tbody", "tfoot"], ["table"]),
        ["a"] = (["a"], Cells),
    };

    private readonly string _html;
    private readonly TextFlow _text = new();
    private readonly List<OpenElement> _open = [];
    private int _beyond;

    // A line end right behind the start of preformatted text is not part of it.
    private bool _isAtPre;

    private HtmlToText(string html) => _html = html;

    private static string[] Cells => ["table", "td", "th", "caption"];

    private static string[] TableParts => ["table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption"];

    private OpenElement? Innermost => _open.Count == 0 ? null : _open[^1];

    public static string Convert(string html) => new HtmlToText(html.Length <= MaxLength ? html : html[..MaxLength]).Read();

    private string Read()
    {
        var scanner = new HtmlTagScanner(_html);
        var shown = 0;
        for (var tags = 0; tags < MaxTags; tags++)
        {
            var next = scanner.Next();
            Show(shown, next?.Start ?? _html.Length, scanner.Skipped);
            if (next is not { } tag)
            {
                break;
            }

            shown = tag.End;
            Apply(tag, tag.Name(_html).ToString().ToLowerInvariant());
        }

        CloseTo(0);
        return _text.ToString();
    }

    // Comments and what is no tag to its end are not shown.
    private void Show(int start, int end, IReadOnlyList<(int Start, int End)> skipped)
    {
        foreach (var (from, to) in skipped)
        {
            Show(start, from);
            start = to;
        }

        Show(start, end);
    }

    private void Show(int start, int end)
    {
        if (start >= end || Innermost is { IsHidden: true })
        {
            return;
        }

        var words = Decode(_html[start..end]);
        _text.Add(_isAtPre && words.StartsWith('\n') ? words[1..] : words, Innermost is { IsPreformatted: true });
        _isAtPre = false;
        _open.FindLast(outer => outer.Name == "a")?.Show(words);
    }

    private void Apply(HtmlTag tag, string name)
    {
        _isAtPre = !tag.IsEnd && name == "pre";
        if (tag.IsEnd)
        {
            End(name);
            return;
        }

        EndImplied(name);
        var isHidden = Innermost is { IsHidden: true } || Hidden.Contains(name) || IsInvisible(tag);
        var element = new OpenElement(name, isHidden, name == "pre" || Innermost is { IsPreformatted: true });
        if (!isHidden)
        {
            Enter(tag, element);
        }

        if (Void.Contains(name) || (tag.IsSelfClosing && name is "svg" or "math"))
        {
            return;
        }

        if (_open.Count < MaxDepth)
        {
            _open.Add(element);
        }
        else
        {
            _beyond++;
        }
    }

    private void EndImplied(string name)
    {
        if (Blocks.Contains(name) || Paragraphs.Contains(name) || name == "hr")
        {
            Close(["p"], Cells);
        }

        if (ImpliedEnds.TryGetValue(name, out var implied))
        {
            Close(implied.Ended, implied.Within);
        }
    }

    private void End(string name)
    {
        if (_beyond > 0)
        {
            // Of an element that was too deep to be kept, most likely.
            _beyond--;
        }
        else if (name == "br")
        {
            _text.NewLine();
        }
        else
        {
            Close([name], TableParts.Contains(name) ? ["table"] : Cells);
        }
    }

    /// <summary>Closes the innermost of these with all in it, unless one of the others stands between.</summary>
    private void Close(string[] names, string[] within)
    {
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            if (names.Contains(_open[i].Name))
            {
                CloseTo(i);
                return;
            }

            if (within.Contains(_open[i].Name))
            {
                return;
            }
        }
    }

    private void CloseTo(int depth)
    {
        while (_open.Count > depth)
        {
            var element = _open[^1];
            _open.RemoveAt(_open.Count - 1);
            if (!element.IsHidden)
            {
                Leave(element);
            }
        }
    }

    private void Enter(HtmlTag tag, OpenElement element)
    {
        switch (element.Name)
        {
            case "br":
                _text.NewLine();
                break;
            case "img":
                AddImage(Value(tag, "alt") ?? string.Empty);
                break;
            case "hr":
                _text.Paragraph();
                _text.Add("----", isPreformatted: false);
                _text.Paragraph();
                break;
            case "li" or "dt" or "dd":
                _text.Line();
                _text.Add(Mark(element.Name), isPreformatted: true);
                break;
            case "td" or "th":
                if (_open.FindLast(outer => outer.Name == "tr") is { } row && row.Count++ > 0)
                {
                    _text.Add("  ", isPreformatted: true);
                }

                break;
            case "a":
                element.Target = Target(tag);
                break;
            case "ol":
                element.Count = int.TryParse(Value(tag, "start"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var first) ? first : 1;
                Separate(element.Name);
                break;
            default:
                Separate(element.Name);
                break;
        }
    }

    private void Leave(OpenElement element)
    {
        if (element.Target is { } target)
        {
            _text.Add(Reference(element, target), isPreformatted: false);
        }

        Separate(element.Name);
    }

    private void Separate(string name)
    {
        if (Paragraphs.Contains(name))
        {
            _text.Paragraph();
        }
        else if (Blocks.Contains(name))
        {
            _text.Line();
        }
    }

    private void AddImage(string text)
    {
        _text.Add(text, isPreformatted: false);
        if (text.Length > 0 && _open.FindLast(outer => outer.Name == "a") is { } link)
        {
            link.HasImage = true;
        }
    }

    // Nothing when the link already shows where it leads.
    private static string Reference(OpenElement link, string target)
    {
        var shown = link.Shown;
        return shown.Length == 0 && !link.HasImage ? target
            : shown.Length > 0 && target.EndsWith(shown, StringComparison.Ordinal) ? string.Empty
            : $" ({target})";
    }

    private string? Target(HtmlTag tag)
    {
        var target = Value(tag, "href")?.Trim();
        return target is null or "" || target.StartsWith('#') || target.StartsWith("javascript:", StringComparison.OrdinalIgnoreCase)
            ? null
            : target.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) ? target[7..] : target;
    }

    private string Mark(string name) => name == "li" && _open.FindLast(outer => outer.Name is "ul" or "ol") is { Name: "ol" } list
        ? string.Create(CultureInfo.InvariantCulture, $"{list.Count++}. ")
        : "- ";

    // Preview texts and the like: hidden by attribute or by their own style.
    private bool IsInvisible(HtmlTag tag) =>
        tag.Find(_html, "hidden") is not null
        || (Value(tag, "style") is { } style
            && style.Replace(" ", string.Empty, StringComparison.Ordinal).Contains("display:none", StringComparison.OrdinalIgnoreCase));

    private string? Value(HtmlTag tag, string name)
    {
        if (tag.Find(_html, name) is not { } attribute)
        {
            return null;
        }

        var raw = _html.Substring(attribute.ValueStart, attribute.ValueLength);
        if (!raw.Contains('&', StringComparison.Ordinal))
        {
            return raw;
        }

        using var document = Parser.ParseDocument($"<a href=\"{raw.Replace("\"", "&quot;", StringComparison.Ordinal)}\">");
        return document.QuerySelector("a")?.GetAttribute("href") ?? raw;
    }

    // Character references have rules of their own; the parser knows them all, and gets no tags.
    private static string Decode(string text)
    {
        if (!text.Contains('&', StringComparison.Ordinal))
        {
            return text;
        }

        using var document = Parser.ParseDocument("<body>." + text.Replace("<", "&lt;", StringComparison.Ordinal));
        return document.Body!.TextContent[1..];
    }

    /// <summary>An element whose end has not come yet.</summary>
    private sealed class OpenElement(string name, bool isHidden, bool isPreformatted)
    {
        private readonly StringBuilder _shown = new();

        public string Name => name;

        public bool IsHidden => isHidden;

        public bool IsPreformatted => isPreformatted;

        /// <summary>Of a row: its cells; of a numbered list: its next number.</summary>
        public long Count { get; set; }

        /// <summary>Where a link leads.</summary>
        public string? Target { get; set; }

        /// <summary>It holds an image with a text.</summary>
        public bool HasImage { get; set; }

        /// <summary>The words of a link.</summary>
        public string Shown => _shown.ToString().TrimEnd();

        /// <summary>Words more than its target has cannot be its target: they are not kept.</summary>
        public void Show(string words)
        {
            var kept = _shown.Length == 0 ? words.AsSpan().TrimStart() : words;
            _shown.Append(kept[..Math.Min(kept.Length, Math.Max(0, (Target?.Length ?? 0) + 1 - _shown.Length))]);
        }
    }
}
