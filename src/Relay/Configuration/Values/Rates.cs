using Relay.Toml;

namespace Relay;

/// <summary>One rate, or several that hold together: <c>"20/s"</c>, <c>["20/s", "5000/d"]</c>.</summary>
/// <param name="Items">1–4 with different periods, the shortest first.</param>
internal sealed record Rates(IReadOnlyList<Rate> Items)
{
    public const string Allowed = "a rate such as \"20/s\", \"100/m\", \"1000/h\" or \"10000/d\", or a list of them with different periods";

    public static Rates? FromToml(TomlValue value) => value switch
    {
        TomlString text => FromText(text.Value),
        TomlArray array when array.All(static item => item is TomlString) => Of(array.Cast<TomlString>().Select(static item => Rate.TryParse(item.Value))),
        _ => null,
    };

    /// <summary>Separated by commas.</summary>
    public static Rates? FromText(string text) => Of(text.Split(',', StringSplitOptions.TrimEntries).Select(Rate.TryParse));

    public override string ToString() => Items.Count == 1
        ? TomlText.Quote(Items[0].ToString())
        : "[" + string.Join(", ", Items.Select(static rate => TomlText.Quote(rate.ToString()))) + "]";

    private static Rates? Of(IEnumerable<Rate?> rates)
    {
        var list = rates.ToList();
        var isAllowed = list.Count > 0 && list.TrueForAll(static rate => rate is not null)
            && list.Select(static rate => rate!.Value.Period).Distinct().Count() == list.Count;
        return isAllowed ? new Rates([.. list.Select(static rate => rate!.Value).OrderBy(static rate => rate.Period)]) : null;
    }
}
