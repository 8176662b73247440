using System.Globalization;
using Relay.Toml;

namespace Relay;

/// <summary>One host of a list: <c>"smtp.example.com:587"</c>, or <c>{ host = "smtp.example.com:587", preference = 1, weight = 3 }</c>.</summary>
/// <param name="Preference">1–1000, lower is tried first; null: by the place in the list.</param>
/// <param name="Weight">1–1000: share among hosts of equal preference.</param>
internal sealed record NextHop(HostPort Target, int? Preference, int Weight)
{
    public const string Allowed = "host and port such as \"smtp.example.com:587\", or a table { host, preference, weight }";
    private const int MaxNumber = 1000;

    public static NextHop? FromText(string text) => HostPort.TryParse(text) is { } target ? new NextHop(target, null, 1) : null;

    public static NextHop? FromToml(TomlValue value) => value switch
    {
        TomlString text => FromText(text.Value),
        TomlTable table => FromTable(table),
        _ => null,
    };

    public string Format() => Preference is null && Weight == 1
        ? TomlText.Quote(Target.ToString())
        : string.Create(CultureInfo.InvariantCulture, $"{{ host = {TomlText.Quote(Target.ToString())}{(Preference is { } preference ? $", preference = {preference}" : "")}, weight = {Weight} }}");

    private static NextHop? FromTable(TomlTable table)
    {
        HostPort? target = null;
        int? preference = null;
        var weight = 1;
        foreach (var entry in table.Entries)
        {
            switch (entry)
            {
                case { Key: "host", Value: TomlString host } when HostPort.TryParse(host.Value) is { } parsed:
                    target = parsed;
                    break;
                case { Key: "preference", Value: TomlInteger { Value: >= 1 and <= MaxNumber } number }:
                    preference = (int)number.Value;
                    break;
                case { Key: "weight", Value: TomlInteger { Value: >= 1 and <= MaxNumber } number }:
                    weight = (int)number.Value;
                    break;
                default:
                    return null;
            }
        }

        return target is null ? null : new NextHop(target, preference, weight);
    }
}
