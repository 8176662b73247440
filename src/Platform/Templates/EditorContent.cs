using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Relay.Platform.Templates;

/// <summary>Turns the JSON document of a block editor (ProseMirror, TipTap) into plain HTML for mail; merge fields in it stay as they are.</summary>
/// <remarks>Unknown blocks show what is in them, unknown marks nothing: the text is never lost. Depth is bounded by the JSON reader.</remarks>
internal static class EditorContent
{
    private const int MaxDepth = 64;
    private const int MaxNodes = 20_000;
    private const string ButtonStyle = "display:inline-block;padding:10px 18px;border-radius:6px;background:#1d4ed8;color:#ffffff;text-decoration:none;font-weight:600";

    private static readonly SearchValues<char> NotInNames = SearchValues.Create("{}[]\"\\");
    private static readonly SearchValues<char> NotInTexts = SearchValues.Create("{}\"\\");

    /// <summary>True when the text means to be such a document; false for HTML.</summary>
    public static bool IsDocument(string text) => text.AsSpan().TrimStart().StartsWith("{", StringComparison.Ordinal) && !text.AsSpan().TrimStart().StartsWith("{{", StringComparison.Ordinal);

    /// <summary>The HTML, or what is wrong with the document.</summary>
    public static (string? Html, string? Problem) ToHtml(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
            if (TypeOf(document.RootElement) != "doc")
            {
                return (null, "is JSON, but no document of an e-mail editor: its type must be 'doc'");
            }

            var nodes = 0;
            var html = new StringBuilder();
            WriteChildren(html, document.RootElement, ref nodes);
            return nodes > MaxNodes ? (null, $"has more than {MaxNodes} blocks") : (html.ToString(), null);
        }
        catch (JsonException broken)
        {
            return (null, $"is no valid JSON (line {broken.LineNumber + 1})");
        }
    }

    private static void WriteChildren(StringBuilder html, JsonElement node, ref int nodes)
    {
        if (node.ValueKind == JsonValueKind.Object && node.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array)
        {
            foreach (var child in content.EnumerateArray())
            {
                if (++nodes > MaxNodes)
                {
                    return;
                }

                Write(html, child, ref nodes);
            }
        }
    }

    private static void Write(StringBuilder html, JsonElement node, ref int nodes)
    {
        switch (TypeOf(node))
        {
            case "text":
                WriteText(html, node);
                break;
            case "paragraph":
                Wrap(html, "p", node, ref nodes);
                break;
            case "heading":
                Wrap(html, "h" + Math.Clamp(Number(node, "level") ?? 1, 1, 6), node, ref nodes);
                break;
            case "bulletList":
                Wrap(html, "ul", node, ref nodes);
                break;
            case "orderedList":
                Wrap(html, "ol", node, ref nodes);
                break;
            case "listItem":
                Wrap(html, "li", node, ref nodes);
                break;
            case "blockquote":
                Wrap(html, "blockquote", node, ref nodes);
                break;
            case "codeBlock":
                Wrap(html, "pre", node, ref nodes);
                break;
            case "hardBreak":
                html.Append("<br>");
                break;
            case "horizontalRule":
                html.Append("<hr>");
                break;
            case "spacer":
                html.Append("<p>&nbsp;</p>");
                break;
            case "variable":
                WriteVariable(html, node);
                break;
            case "button":
                WriteButton(html, node);
                break;
            case "unsubscribeFooter":
                // What stands in it, and the link whatever stands in it.
                Wrap(html, "p", node, ref nodes);
                html.Append("<p><a href=\"{{usesend_unsubscribe_url}}\">Unsubscribe</a></p>");
                break;
            case "image" or "logo" or "resizableImage":
                WriteImage(html, node);
                break;
            default:
                WriteChildren(html, node, ref nodes);
                break;
        }
    }

    private static void Wrap(StringBuilder html, string element, JsonElement node, ref int nodes)
    {
        html.Append('<').Append(element);
        if (Attribute(node, "textAlign") is ("left" or "center" or "right" or "justify") and var align)
        {
            html.Append(" style=\"text-align:").Append(align).Append('"');
        }

        html.Append('>');
        WriteChildren(html, node, ref nodes);
        html.Append("</").Append(element).Append('>');
    }

    private static void WriteText(StringBuilder html, JsonElement node)
    {
        var text = Encode(node.TryGetProperty("text", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : string.Empty);
        if (node.TryGetProperty("marks", out var marks) && marks.ValueKind == JsonValueKind.Array)
        {
            foreach (var mark in marks.EnumerateArray())
            {
                text = Mark(mark, text);
            }
        }

        html.Append(text);
    }

    private static string Mark(JsonElement mark, string text) => TypeOf(mark) switch
    {
        "bold" => $"<strong>{text}</strong>",
        "italic" => $"<em>{text}</em>",
        "underline" => $"<u>{text}</u>",
        "strike" => $"<s>{text}</s>",
        "code" => $"<code>{text}</code>",
        "link" when Url(Attribute(mark, "href")) is { } url => $"<a href=\"{url}\">{text}</a>",
        _ => text,
    };

    // A merge field of the editor: {{name}} or, with a fallback, {{default name "fallback"}}.
    private static void WriteVariable(StringBuilder html, JsonElement node)
    {
        var name = Attribute(node, "id") ?? Attribute(node, "name");
        if (string.IsNullOrEmpty(name) || name.AsSpan().ContainsAny(NotInNames))
        {
            return;
        }

        var fallback = Attribute(node, "fallback");
        _ = string.IsNullOrEmpty(fallback) || fallback.AsSpan().ContainsAny(NotInTexts)
            ? html.Append("{{[").Append(name).Append("]}}")
            : html.Append("{{default [").Append(name).Append("] \"").Append(fallback).Append("\"}}");
    }

    private static void WriteButton(StringBuilder html, JsonElement node)
    {
        if (Url(Attribute(node, "url") ?? Attribute(node, "href")) is { } url)
        {
            html.Append("<p><a href=\"").Append(url).Append("\" style=\"").Append(ButtonStyle).Append("\">").Append(Encode(Attribute(node, "text") ?? url)).Append("</a></p>");
        }
    }

    private static void WriteImage(StringBuilder html, JsonElement node)
    {
        if (Url(Attribute(node, "src")) is { } source)
        {
            html.Append("<img src=\"").Append(source).Append("\" alt=\"").Append(Encode(Attribute(node, "alt") ?? string.Empty)).Append("\" style=\"max-width:100%\">");
        }
    }

    // Only where a link of mail leads; a merge field may make the whole of it.
    private static string? Url(string? text) =>
        text is not null && (text.StartsWith("{{", StringComparison.Ordinal) || Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" or "mailto" or "tel")
            ? Encode(text)
            : null;

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text).Replace("&#x27;", "'", StringComparison.Ordinal);

    private static string? TypeOf(JsonElement node) =>
        node.ValueKind == JsonValueKind.Object && node.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;

    private static string? Attribute(JsonElement node, string name) =>
        node.TryGetProperty("attrs", out var attributes) && attributes.ValueKind == JsonValueKind.Object && attributes.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static int? Number(JsonElement node, string name) =>
        node.TryGetProperty("attrs", out var attributes) && attributes.ValueKind == JsonValueKind.Object && attributes.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
            ? number
            : null;
}
