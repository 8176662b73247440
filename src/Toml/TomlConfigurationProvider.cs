using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Relay.Toml;

/// <summary>Gives the values of a TOML file under flat keys: <c>section:sub:key</c>, elements of arrays as <c>section:array:0</c>.</summary>
/// <remarks>
/// These keys are compared without case, unlike TOML's: keys that differ only in case are refused.
/// An empty array is an empty value and an empty table a null one, so that both can be told from absence.
/// </remarks>
public sealed class TomlConfigurationProvider(TomlConfigurationSource source) : FileConfigurationProvider(source)
{
    /// <exception cref="TomlException">The stream is not TOML 1.0, or two of its keys differ only in case.</exception>
    public override void Load(Stream stream)
    {
        using var content = new MemoryStream();
        stream.CopyTo(content);
        Data = Flatten(TomlReader.Parse(content.GetBuffer().AsSpan(0, (int)content.Length)));
    }

    private static Dictionary<string, string?> Flatten(TomlTable document)
    {
        var data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in document.Entries)
        {
            Flatten(entry.Key, entry.Value, data);
        }

        return data;
    }

    private static void Flatten(string path, TomlValue value, Dictionary<string, string?> data)
    {
        switch (value)
        {
            case TomlTable { Entries.Count: > 0 } table:
                foreach (var entry in table.Entries)
                {
                    Flatten(ConfigurationPath.Combine(path, entry.Key), entry.Value, data);
                }

                break;
            case TomlArray { Count: > 0 } array:
                for (var i = 0; i < array.Count; i++)
                {
                    Flatten(ConfigurationPath.Combine(path, i.ToString(CultureInfo.InvariantCulture)), array[i], data);
                }

                break;
            default:
                if (!data.TryAdd(path, Format(value)))
                {
                    throw new TomlException($"'{path}' is given twice in different case; keys are compared without case here", value.Position);
                }

                break;
        }
    }

    private static string? Format(TomlValue value) => value switch
    {
        TomlTable => null,
        TomlArray => string.Empty,
        TomlString text => text.Value,
        TomlInteger integer => integer.Value.ToString(CultureInfo.InvariantCulture),
        TomlFloat number => number.Value.ToString("R", CultureInfo.InvariantCulture),
        TomlBoolean boolean => boolean.Value ? "true" : "false",
        TomlOffsetDateTime instant => TomlDateTimeText.Format(instant),
        TomlLocalDateTime local => TomlDateTimeText.Format(local.Value),
        TomlLocalDate date => date.Value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TomlLocalTime time => TomlDateTimeText.Format(time.Value),
        _ => throw new NotSupportedException($"{value.Kind} has no flat form"),
    };
}
