using System.Globalization;
using System.Text;
using AngleSharp.Html.Parser;

namespace Relay.Platform.Tracking;

/// <summary>Which addresses in <c>href</c> can be tracked, and the address a browser would have gone to.</summary>
internal static class TargetUrl
{
    /// <summary>Octets; longer ones stay as they are.</summary>
    public const int MaxLength = 1_500;

    // What composing programs leave for a later step to fill in.
    private static readonly string[] Placeholders = ["{{", "}}", "{%", "%}", "${", "*|", "|*", "<%", "%>", "%%", "[["];

    /// <param name="raw">The attribute's text as it stands in the HTML.</param>
    /// <param name="url">ASCII without spaces and controls, fit for a Location field.</param>
    public static bool TryRead(ReadOnlySpan<char> raw, out string url)
    {
        url = string.Empty;
        var trimmed = raw.Trim(" \t\r\n\f");
        if (trimmed.Length > MaxLength * 2 || !trimmed.StartsWith("http", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // As browsers do: no tabs and line ends anywhere in an address.
        var text = (trimmed.Contains('&') ? Decode(trimmed.ToString()) : trimmed.ToString())
            .Trim().Replace("\t", string.Empty, StringComparison.Ordinal).Replace("\r", string.Empty, StringComparison.Ordinal).Replace("\n", string.Empty, StringComparison.Ordinal);
        if (Placeholders.Any(mark => text.Contains(mark, StringComparison.Ordinal)) || text.Any(char.IsControl) || !IsWeb(text, out var uri))
        {
            return false;
        }

        url = IsPlain(text) ? text : Escape(text, uri);
        return url.Length <= MaxLength;
    }

    private static bool IsWeb(string text, out Uri uri) =>
        Uri.TryCreate(text, UriKind.Absolute, out uri!)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && text.AsSpan(uri.Scheme.Length).StartsWith("://")
        && uri.UserInfo.Length == 0
        && uri.Host.Length > 0;

    // Character references in attributes have rules of their own; the parser knows them all.
    private static string Decode(string raw)
    {
        var quote = raw.Contains('"') ? '\'' : '"';
        return new HtmlParser().ParseDocument($"<a href={quote}{raw}{quote}>").QuerySelector("a")?.GetAttribute("href") ?? raw;
    }

    private static bool IsPlain(string text) => text.All(c => c is > ' ' and < '\x7f' and not ('"' or '<' or '>' or '\\'));

    // Only what must be is written otherwise: international names as A-labels, the rest percent-encoded.
    private static string Escape(string text, Uri uri)
    {
        var authority = text.IndexOf("://", StringComparison.Ordinal) + 3;
        var path = text.AsSpan(authority).IndexOfAny('/', '?', '#') is >= 0 and var at ? authority + at : text.Length;
        var result = new StringBuilder(text.Length + 16);
        if (IsPlain(text[authority..path]))
        {
            result.Append(text.AsSpan(0, path));
        }
        else
        {
            result.Append(text.AsSpan(0, authority)).Append(uri.IdnHost);
            result.Append(uri.IsDefaultPort ? string.Empty : string.Create(CultureInfo.InvariantCulture, $":{uri.Port}"));
        }

        foreach (var rune in text.AsSpan(path).EnumerateRunes())
        {
            var character = rune.ToString();
            result.Append(IsPlain(character) ? character : Uri.EscapeDataString(character));
        }

        return result.ToString();
    }
}
