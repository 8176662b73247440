using System.Net;
using System.Text;

namespace Relay.Platform.Campaigns;

/// <summary>Text with merge fields: <c>{{firstName}}</c>, or with what stands in its place when there is none, <c>{{firstName,fallback=there}}</c>.</summary>
/// <remarks>Read once, filled in for each contact. What looks like a field and is none stays as it is.</remarks>
internal sealed class MergeTemplate
{
    private const int MaxFieldLength = 300;

    private readonly List<Piece> _pieces = [];

    private MergeTemplate(string text)
    {
        Source = text;
    }

    public string Source { get; }

    /// <summary>Names of the fields, each once.</summary>
    public IReadOnlyList<MergeField> Fields => [.. _pieces.Select(piece => piece.Field).OfType<MergeField>().Distinct()];

    public static MergeTemplate Parse(string text)
    {
        var template = new MergeTemplate(text);
        var at = 0;
        while (text.IndexOf("{{", at, StringComparison.Ordinal) is >= 0 and var open)
        {
            var close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
            {
                break;
            }

            // A third brace belongs to the text in front of it.
            while (open + 2 < close && text[open + 2] == '{')
            {
                open++;
            }

            if (close - open <= MaxFieldLength && MergeField.Parse(text[(open + 2)..close]) is { } field)
            {
                template.Add(text[at..open], field);
                at = close + 2;
            }
            else
            {
                template.Add(text[at..(open + 2)], null);
                at = open + 2;
            }
        }

        template.Add(text[at..], null);
        return template;
    }

    /// <param name="isHtml">Values are escaped, so that a name cannot become markup.</param>
    public string Render(MergeValues values, bool isHtml)
    {
        if (_pieces is [{ Field: null } only])
        {
            return only.Text;
        }

        var text = new StringBuilder(Source.Length + 64);
        foreach (var piece in _pieces)
        {
            text.Append(piece.Text);
            if (piece.Field is { } field)
            {
                var value = values.Find(field.Name) is { Length: > 0 } found ? found : field.Fallback ?? string.Empty;
                text.Append(isHtml ? WebUtility.HtmlEncode(value) : value);
            }
        }

        return text.ToString();
    }

    private void Add(string text, MergeField? field)
    {
        if (text.Length > 0 || field is not null)
        {
            _pieces.Add(new Piece(text, field));
        }
    }

    private sealed record Piece(string Text, MergeField? Field);
}

/// <param name="Fallback">Null when none is given.</param>
internal sealed record MergeField(string Name, string? Fallback)
{
    private const string FallbackWord = "fallback";
    private const string DefaultWord = "default ";

    /// <summary>Null when it is no field: a name of letters, digits and <c>_ - .</c>, and at most a fallback behind it.</summary>
    public static MergeField? Parse(string inner)
    {
        if (inner.StartsWith(DefaultWord, StringComparison.Ordinal) && inner.IndexOf(']', StringComparison.Ordinal) is > 0 and var close)
        {
            // As the editor's blocks write it: default [name] "fallback".
            return Parse(inner[DefaultWord.Length..(close + 1)]) is { } field ? field with { Fallback = Unquote(WebUtility.HtmlDecode(inner[(close + 1)..]).Trim()) } : null;
        }

        var comma = inner.IndexOf(',', StringComparison.Ordinal);
        var name = Unbracket((comma < 0 ? inner : inner[..comma]).Trim());
        if (name.Length == 0 || !name.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.'))
        {
            return null;
        }

        if (comma < 0)
        {
            return new MergeField(name, null);
        }

        var rest = inner[(comma + 1)..].TrimStart();
        var equals = rest.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !rest[..equals].Trim().Equals(FallbackWord, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return new MergeField(name, Unquote(WebUtility.HtmlDecode(rest[(equals + 1)..]).Trim()));
    }

    private static string Unbracket(string name) => name is ['[', .., ']'] ? name[1..^1] : name;

    private static string Unquote(string text) =>
        text is ['"', .., '"'] or ['\'', .., '\''] && text.Length > 1 ? text[1..^1] : text;
}
