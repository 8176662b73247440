namespace Relay.Delivery;

/// <summary>The TXT record that names a domain's logo (draft-brand-indicators-for-message-identification). What it names is not fetched.</summary>
/// <param name="Logo">URL of an SVG; empty: the domain wants no logo.</param>
/// <param name="Evidence">URL of a certificate for the logo; empty: there is none.</param>
internal sealed record BimiRecord(string Logo, string Evidence)
{
    private const string Version = "BIMI1";

    public static bool HasVersion(string text) => Tag(text.Split(';')[0]) is ("v", Version);

    /// <returns>Null when <paramref name="problem"/> says what is wrong.</returns>
    public static BimiRecord? Parse(string text, out string problem)
    {
        var tags = text.Split(';').Skip(1).Select(Tag).Where(tag => tag.Name.Length > 0).DistinctBy(tag => tag.Name).ToDictionary(tag => tag.Name, tag => tag.Value, StringComparer.Ordinal);
        var (logo, evidence) = (tags.GetValueOrDefault("l") ?? "", tags.GetValueOrDefault("a") ?? "");
        problem = !tags.ContainsKey("l") ? "it has no l= with the address of the logo"
            : logo.Length == 0 && evidence.Length > 0 ? "it has evidence (a=) for a logo it does not name (l=)"
            : logo.Length > 0 && !IsSvg(logo) ? $"l={AdviceText.Shown(logo)} is no https address of an .svg file"
            : evidence.Length > 0 && !IsHttps(evidence, out _) ? $"a={AdviceText.Shown(evidence)} is no https address"
            : string.Empty;
        return problem.Length == 0 ? new BimiRecord(logo, evidence) : null;
    }

    private static (string Name, string Value) Tag(string part)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 ? (part[..equals].Trim(), part[(equals + 1)..].Trim()) : (string.Empty, string.Empty);
    }

    private static bool IsSvg(string text) =>
        IsHttps(text, out var url) && (url!.AbsolutePath.EndsWith(".svg", StringComparison.OrdinalIgnoreCase) || url.AbsolutePath.EndsWith(".svgz", StringComparison.OrdinalIgnoreCase));

    private static bool IsHttps(string text, out Uri? url) => Uri.TryCreate(text, UriKind.Absolute, out url) && url.Scheme == Uri.UriSchemeHttps && url.Host.Length > 0;
}
