using System.Globalization;
using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Relay.Platform.Emails;

/// <summary>Makes the text part of an e-mail that came as HTML only: what a reader sees, without markup.</summary>
/// <remarks>
/// The parser's work can grow with the square of the nesting, so only the first tags count; the walk keeps no stack of its own depth.
/// </remarks>
internal static class HtmlToText
{
    private const int MaxLength = 1024 * 1024;
    private const int MaxTags = 20_000;

    private static readonly HtmlParser Parser = new(new HtmlParserOptions { IsScripting = false });

    private static readonly HashSet<string> Hidden = new(StringComparer.Ordinal)
    {
        "head", "style", "script", "noscript", "template", "title", "object", "iframe", "svg", "math", "select", "textarea",
    };

    private static readonly HashSet<string> Blocks = new(StringComparer.Ordinal)
    {
        "address", "article", "aside", "div", "dl", "dt", "dd", "fieldset", "figure", "figcaption", "footer", "form", "header", "li", "main",
        "nav", "section", "table", "tr", "caption", "thead", "tbody", "tfoot", "center",
    };

    private static readonly HashSet<string> Paragraphs = new(StringComparer.Ordinal)
    {
        "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "pre", "hr",
    };

    public static string Convert(string html)
    {
        using var document = Parser.ParseDocument(Bound(html));
        var text = new TextFlow();
        if (document.Body is { } body)
        {
            Walk(body, text);
        }

        return text.ToString();
    }

    private static string Bound(string html)
    {
        var tags = 0;
        for (var i = 0; i < html.Length; i++)
        {
            if (i == MaxLength || (html[i] == '<' && ++tags > MaxTags))
            {
                return html[..i];
            }
        }

        return html;
    }

    private static void Walk(IElement root, TextFlow text)
    {
        INode? node = root.FirstChild;
        while (node is not null)
        {
            var isEntered = Enter(node, text);
            if (isEntered && node.FirstChild is { } child)
            {
                node = child;
                continue;
            }

            if (isEntered)
            {
                Leave(node, text);
            }

            while (node is not null && node.NextSibling is null)
            {
                node = node.Parent == root ? null : node.Parent;
                if (node is not null)
                {
                    Leave(node, text);
                }
            }

            node = node?.NextSibling;
        }
    }

    // False when nothing below is shown.
    private static bool Enter(INode node, TextFlow text)
    {
        if (node is IText words)
        {
            text.Add(words.Data, IsPreformatted(words));
            return false;
        }

        if (node is not IElement element || Hidden.Contains(element.LocalName) || IsInvisible(element))
        {
            return false;
        }

        switch (element)
        {
            case IHtmlBreakRowElement:
                text.NewLine();
                break;
            case IHtmlImageElement image:
                text.Add(image.AlternativeText ?? string.Empty, isPreformatted: false);
                break;
            case IHtmlHrElement:
                text.Paragraph();
                text.Add("----", isPreformatted: false);
                text.Paragraph();
                break;
            case IHtmlListItemElement:
                text.Line();
                text.Add(Mark(element), isPreformatted: true);
                break;
            case IHtmlTableCellElement when element.PreviousElementSibling is not null:
                text.Add("  ", isPreformatted: true);
                break;
            default:
                Separate(element, text);
                break;
        }

        return true;
    }

    private static void Leave(INode node, TextFlow text)
    {
        switch (node)
        {
            case IHtmlAnchorElement anchor when Target(anchor) is { } url:
                text.Add(Reference(anchor, url), isPreformatted: false);
                break;
            case IElement element:
                Separate(element, text);
                break;
        }
    }

    private static void Separate(IElement element, TextFlow text)
    {
        if (Paragraphs.Contains(element.LocalName))
        {
            text.Paragraph();
        }
        else if (Blocks.Contains(element.LocalName))
        {
            text.Line();
        }
    }

    // Nothing when the link already shows where it leads.
    private static string Reference(IHtmlAnchorElement anchor, string url)
    {
        var shown = anchor.TextContent.Trim();
        if (shown.Length > 0)
        {
            return url.EndsWith(shown, StringComparison.Ordinal) ? string.Empty : $" ({url})";
        }

        return anchor.QuerySelector("img[alt]") is null ? url : $" ({url})";
    }

    private static string? Target(IHtmlAnchorElement anchor)
    {
        var target = anchor.GetAttribute("href")?.Trim();
        return target is null or "" || target.StartsWith('#') || target.StartsWith("javascript:", StringComparison.OrdinalIgnoreCase)
            ? null
            : target.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) ? target[7..] : target;
    }

    private static string Mark(IElement item)
    {
        if (item.ParentElement is not IHtmlOrderedListElement list)
        {
            return "- ";
        }

        var place = 0;
        for (var before = item.PreviousElementSibling; before is not null && place < MaxTags; before = before.PreviousElementSibling)
        {
            place++;
        }

        var start = int.TryParse(list.GetAttribute("start"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var first) ? first : 1;
        return string.Create(CultureInfo.InvariantCulture, $"{(long)start + place}. ");
    }

    // Preview texts and the like: hidden by attribute or by their own style.
    private static bool IsInvisible(IElement element)
    {
        if (element.HasAttribute("hidden"))
        {
            return true;
        }

        var style = element.GetAttribute("style");
        return style is not null && style.Replace(" ", string.Empty, StringComparison.Ordinal).Contains("display:none", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsPreformatted(IText words) => words.ParentElement is { LocalName: "pre" } or { ParentElement.LocalName: "pre" };

    /// <summary>Text with white space as HTML shows it: runs are one space, blocks begin lines, paragraphs leave one line free.</summary>
    private sealed class TextFlow
    {
        private readonly StringBuilder _text = new();
        private int _lines;
        private bool _space;

        public void Add(string words, bool isPreformatted)
        {
            foreach (var c in words)
            {
                if (isPreformatted && c == '\n')
                {
                    Break();
                }
                else if (isPreformatted && c == ' ')
                {
                    Flush();
                    _text.Append(' ');
                }
                else if (c is ' ' or '\t' or '\n' or '\r' or '\f')
                {
                    _space = true;
                }
                else
                {
                    Flush();
                    _text.Append(c == '\u00a0' ? ' ' : c);
                }
            }
        }

        public void NewLine() => Break();

        public void Line() => _lines = Math.Max(_lines, 1);

        public void Paragraph() => _lines = Math.Max(_lines, 2);

        public override string ToString()
        {
            var lines = _text.ToString().Split('\n').Select(line => line.TrimEnd());
            return string.Join('\n', lines).Trim('\n') + "\n";
        }

        private void Break()
        {
            Flush();
            _text.Append('\n');
            _space = false;
        }

        private void Flush()
        {
            if (_lines > 0)
            {
                TrimEnd();
                for (var present = Ends(); _text.Length > 0 && present < _lines; present++)
                {
                    _text.Append('\n');
                }

                _lines = 0;
                _space = false;
            }

            if (_space && _text.Length > 0 && _text[^1] is not ('\n' or ' '))
            {
                _text.Append(' ');
            }

            _space = false;
        }

        private void TrimEnd()
        {
            while (_text.Length > 0 && _text[^1] == ' ')
            {
                _text.Length--;
            }
        }

        private int Ends() => _text.Length == 0 || _text[^1] != '\n' ? 0 : _text.Length > 1 && _text[^2] == '\n' ? 2 : 1;
    }
}
