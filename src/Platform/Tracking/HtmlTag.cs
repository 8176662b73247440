namespace Relay.Platform.Tracking;

/// <summary>A start or end tag at its place in the source.</summary>
/// <param name="NameEnd">Behind its name.</param>
/// <param name="Start">Of its &lt;.</param>
/// <param name="End">Behind its &gt;.</param>
internal readonly record struct HtmlTag(int Start, int NameEnd, int End, bool IsEnd, bool IsSelfClosing, IReadOnlyList<HtmlAttribute> Attributes)
{
    public ReadOnlySpan<char> Name(string html) => html.AsSpan(Start + (IsEnd ? 2 : 1), NameEnd - Start - (IsEnd ? 2 : 1));

    public bool Is(string html, string name) => Name(html).Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>The first attribute of this name: later ones do not count.</summary>
    public HtmlAttribute? Find(string html, string name)
    {
        foreach (var attribute in Attributes)
        {
            if (html.AsSpan(attribute.NameStart, attribute.NameLength).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return attribute;
            }
        }

        return null;
    }
}

/// <param name="ValueStart">Of the text between the quotes, or of the bare text.</param>
/// <param name="End">Behind the attribute with its closing quote.</param>
internal readonly record struct HtmlAttribute(int NameStart, int NameLength, int ValueStart, int ValueLength, int End);
