using Relay.Toml;

namespace Relay.Delivery;

/// <summary>Reads one table of a rules file; a key that nobody asked for is a fault.</summary>
internal sealed class RuleFields(TomlTable table)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public string Text(string key) => Find(key) is TomlString text ? text.Value : throw Wrong(key, "text");

    public bool Flag(string key) => Find(key) switch
    {
        null => false,
        TomlBoolean flag => flag.Value,
        _ => throw Wrong(key, "true or false"),
    };

    public IReadOnlyList<string> Texts(string key) => Items(key, item => item is TomlString text ? text.Value : throw Wrong(key, "a list of texts"));

    public IReadOnlyList<int> Numbers(string key) => Items(key, item => item is TomlInteger number ? (int)number.Value : throw Wrong(key, "a list of numbers"));

    public TomlTable Table(string key) => Find(key) as TomlTable ?? throw Wrong(key, "a table");

    public IReadOnlyList<TomlTable> Tables(string key) => Items(key, item => item as TomlTable ?? throw Wrong(key, "tables"));

    /// <exception cref="FormatException">There is a key that means nothing.</exception>
    public void Done()
    {
        foreach (var entry in table.Entries)
        {
            if (!_asked.Contains(entry.Key))
            {
                throw new FormatException($"{entry.KeyPosition}: there is no key '{entry.Key}' here; known are {string.Join(", ", _asked.Order(StringComparer.Ordinal))}");
            }
        }
    }

    private IReadOnlyList<T> Items<T>(string key, Func<TomlValue, T> read) => Find(key) switch
    {
        null => [],
        TomlArray items => [.. items.Select(read)],
        var single => [read(single)],
    };

    private TomlValue? Find(string key)
    {
        _asked.Add(key);
        return table.TryGet(key, out var entry) ? entry.Value : null;
    }

    private FormatException Wrong(string key, string wanted) => new($"{table.Position}: '{key}' must be {wanted}");
}
