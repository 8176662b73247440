using System.Globalization;
using Relay.Toml;

namespace Relay;

/// <summary>Sources of a pool with their weights: <c>["a", "b"]</c> in equal parts, or <c>{ a = 3, b = 1 }</c>.</summary>
/// <param name="Items">1–100 different names; weights 1–1000.</param>
internal sealed record SourceWeights(IReadOnlyList<KeyValuePair<string, int>> Items)
{
    public const string Allowed = "a list of 1 to 100 names, or a table of names with weights from 1 to 1000 such as { a = 3, b = 1 }";
    private const int MaxItems = 100;
    private const int MaxWeight = 1000;

    public static readonly SourceWeights None = new([]);

    public static SourceWeights? FromToml(TomlValue value) => value switch
    {
        TomlArray array when array.All(static item => item is TomlString) => Of(array.Cast<TomlString>().Select(static name => KeyValuePair.Create(name.Value, 1))),
        TomlTable table when table.Entries.All(static entry => entry.Value is TomlInteger { Value: >= 1 and <= MaxWeight }) =>
            Of(table.Entries.Select(static entry => KeyValuePair.Create(entry.Key, (int)((TomlInteger)entry.Value).Value))),
        _ => null,
    };

    /// <summary>Names joined by commas, each with a colon and its weight where it is not 1: <c>a:3,b</c>.</summary>
    public static SourceWeights? FromText(string text)
    {
        var items = new List<KeyValuePair<string, int>>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            var weight = colon < 0 ? 1 : int.TryParse(part.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 0;
            if (weight is < 1 or > MaxWeight)
            {
                return null;
            }

            items.Add(KeyValuePair.Create(colon < 0 ? part : part[..colon], weight));
        }

        return Of(items);
    }

    public override string ToString() => Items.All(static item => item.Value == 1)
        ? "[" + string.Join(", ", Items.Select(static item => TomlText.Quote(item.Key))) + "]"
        : "{ " + string.Join(", ", Items.Select(static item => string.Create(CultureInfo.InvariantCulture, $"{item.Key} = {item.Value}"))) + " }";

    private static SourceWeights? Of(IEnumerable<KeyValuePair<string, int>> items)
    {
        var list = items.ToList();
        var isAllowed = list.Count is >= 1 and <= MaxItems
            && list.All(static item => SettingTypes.PlainText(item.Key) is not null)
            && list.Select(static item => item.Key).Distinct(StringComparer.Ordinal).Count() == list.Count;
        return isAllowed ? new SourceWeights(list) : null;
    }
}
