namespace Relay.Platform.Contacts;

/// <summary>Bounds and forms of what books and contacts hold.</summary>
internal static class ContactRules
{
    public const string DefaultEmoji = "📙";
    public const int MaxBooks = 1_000;
    public const int MaxNameLength = 200;
    public const int MaxEmojiOctets = 64;
    public const int MaxProperties = 100;
    public const int MaxPropertyNameLength = 100;
    public const int MaxPropertyLength = 2_000;
    public const int MaxPropertiesLength = 32_000;
    public const int MaxTags = 100;
    public const int MaxTagLength = 64;
    public const int MaxReasonLength = 500;
    public const int MaxBulk = 1_000;

    public static readonly IReadOnlyDictionary<string, string> NoProperties = new Dictionary<string, string>();

    /// <summary>Null when it is a tag; otherwise what is wrong with it.</summary>
    public static string? TagProblem(string tag) =>
        tag.Length is 0 or > MaxTagLength ? $"must have 1 to {MaxTagLength} characters"
        : tag.Any(c => char.IsControl(c) || c == ',') ? "must not contain commas or control characters"
        : null;

    /// <summary>Null when they may be kept; otherwise what is wrong.</summary>
    public static string? PropertiesProblem(IReadOnlyDictionary<string, string> properties) =>
        properties.Count > MaxProperties ? $"may have {MaxProperties} entries at most"
        : properties.Sum(entry => entry.Key.Length + entry.Value.Length) > MaxPropertiesLength ? $"may have {MaxPropertiesLength} characters in all"
        : null;

    public static string? PropertyNameProblem(string name) =>
        name.Length is 0 or > MaxPropertyNameLength ? $"must have names of 1 to {MaxPropertyNameLength} characters"
        : name.Any(char.IsControl) ? "must have names without control characters"
        : null;

    /// <summary>Tags in the form in which they are kept: each once, in order.</summary>
    public static IReadOnlyList<string> Ordered(IEnumerable<string> tags) => [.. tags.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
