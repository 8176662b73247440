using Relay.Toml;

namespace Relay;

/// <summary>How values of one .NET type are read from TOML and environment variables, and written for people.</summary>
/// <param name="Allowed">What is allowed, for the end of a fault's sentence.</param>
/// <param name="FromToml">Null when the value is not allowed.</param>
/// <param name="FromText">Null when the text is not allowed.</param>
/// <param name="Format">As a TOML document spells it.</param>
internal sealed record SettingType(string Allowed, Func<TomlValue, object?> FromToml, Func<string, object?> FromText, Func<object, string> Format)
{
    /// <summary>A type that TOML holds in a string.</summary>
    public static SettingType Text(string allowed, Func<string, object?> parse, Func<object, string?>? format = null) =>
        new(
            allowed,
            value => value is TomlString text ? parse(text.Value) : null,
            parse,
            value => TomlText.Quote((format is null ? value.ToString() : format(value)) ?? string.Empty));
}
