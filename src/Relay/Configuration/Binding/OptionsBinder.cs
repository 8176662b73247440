using System.Collections;
using Relay.Toml;

namespace Relay;

/// <summary>Binds a document and the environment to the options classes, strictly: whatever no class asks for is a fault.</summary>
internal sealed class OptionsBinder(BindingContext context)
{
    private readonly SettingBinder _settings = new(context);

    public RelayOptions Bind(TomlTable? document, EnvironmentNode environment) =>
        (RelayOptions)BindSection(typeof(RelayOptions), string.Empty, document, environment);

    /// <summary>Binds a file of its own; the environment has no say in it.</summary>
    public T BindFile<T>(TomlTable document) => (T)BindSection(typeof(T), string.Empty, document, null);

    private object BindSection(Type type, string path, TomlTable? table, EnvironmentNode? environment)
    {
        var schema = SectionSchema.Of(type);
        var section = schema.Create();
        if (table is not null && path.Length > 0)
        {
            context.RecordTable(path, context.OriginAt(table.Position));
        }

        foreach (var key in schema.Keys)
        {
            BindKey(section, key, path, table, environment);
        }

        RefuseUnknownKeys(schema, path, table);
        RefuseUnknownVariables(schema, path, environment);
        return section;
    }

    private void BindKey(object section, KeySchema key, string path, TomlTable? table, EnvironmentNode? environment)
    {
        if (key.ValueType is not null)
        {
            _settings.Bind(section, key, path, table, environment);
            RememberForDefaults(key, path, section);
            return;
        }

        var value = key switch
        {
            { Named: { } named } => BindNamed(key, named, path, table, environment),
            { IsList: true } => BindTables(key, BindingContext.Join(path, key.Name), table),
            _ => BindSection(key.ElementType, BindingContext.Join(path, key.Name), TableAt(key.Name, path, table), environment?.Child(EnvironmentNode.Segment(key.Name))),
        };
        key.Property.SetValue(section, value);
    }

    // The top-level keys stand first in RelayOptions, so defaults of all sections can refer to them.
    private void RememberForDefaults(KeySchema key, string path, object section)
    {
        if (path.Length == 0 && key.Property.GetValue(section)?.ToString() is { } text)
        {
            context.SetVariable(key.Name, text);
        }
    }

    private TomlTable? TableAt(string key, string path, TomlTable? table)
    {
        if (table is null || !table.TryGet(key, out var entry))
        {
            return null;
        }

        if (entry.Value is TomlTable found)
        {
            return found;
        }

        var keyPath = BindingContext.Join(path, key);
        context.Fault(context.OriginAt(entry.KeyPosition), keyPath, $"{entry.Value.Kind} is not allowed", $"allowed: a table [{keyPath}]");
        return null;
    }

    private Array BindTables(KeySchema key, string path, TomlTable? table)
    {
        var entry = table is not null && table.TryGet(key.Name, out var found) ? found : null;
        var tables = entry?.Value is TomlArray array ? array.OfType<TomlTable>().ToArray() : [];
        var isComplete = entry?.Value is TomlArray given && given.Count == tables.Length;
        if ((entry is not null && !isComplete) || tables.Length < key.Setting.MinCount || tables.Length > key.Setting.MaxCount)
        {
            context.Fault(path, entry is null ? "is missing" : "this value is not allowed", "allowed: " + key.Allowed);
        }

        var bound = Array.CreateInstance(key.ElementType, tables.Length);
        for (var i = 0; i < tables.Length; i++)
        {
            bound.SetValue(BindSection(key.ElementType, $"{path}[{i}]", tables[i], null), i);
        }

        return bound;
    }

    private IDictionary BindNamed(KeySchema key, NamedAttribute named, string sectionPath, TomlTable? table, EnvironmentNode? environment)
    {
        var path = named.IsInline ? sectionPath : BindingContext.Join(sectionPath, key.Name);
        var tables = named.IsInline ? table : TableAt(key.Name, sectionPath, table);
        var variables = named.IsInline ? environment : environment?.Child(EnvironmentNode.Segment(key.Name));
        var entries = NamedTables(named, path, tables);
        AddNamesOfVariables(key, named, path, variables, entries);
        if (named.BuiltIn is not null && (entries.Count == 0 || named.IsAlwaysThere))
        {
            entries.TryAdd(named.BuiltIn, null);
        }

        var bound = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), key.ElementType), StringComparer.OrdinalIgnoreCase)!;
        foreach (var (name, entry) in entries)
        {
            bound.Add(name, BindSection(key.ElementType, BindingContext.Join(path, name), entry, variables?.Child(EnvironmentNode.Segment(name))));
        }

        return bound;
    }

    private Dictionary<string, TomlTable?> NamedTables(NamedAttribute named, string path, TomlTable? tables)
    {
        var entries = new Dictionary<string, TomlTable?>(StringComparer.Ordinal);
        foreach (var entry in tables?.Entries ?? [])
        {
            if (entry.Value is not TomlTable table)
            {
                if (!named.IsInline)
                {
                    context.Fault(context.OriginAt(entry.KeyPosition), BindingContext.Join(path, entry.Key), $"{entry.Value.Kind} is not allowed", $"allowed: a table [{path}.NAME]");
                }

                continue;
            }

            var name = NameRules.Normalise(named.Kind, entry.Key);
            if (name is null || !entries.TryAdd(name, table))
            {
                context.Fault(
                    context.OriginAt(entry.KeyPosition),
                    BindingContext.Join(path, entry.Key),
                    name is null ? "this name is not allowed" : "this name is given twice, in different spelling",
                    "allowed: " + NameRules.Allowed(named.Kind));
            }
        }

        return entries;
    }

    private void AddNamesOfVariables(KeySchema key, NamedAttribute named, string path, EnvironmentNode? variables, Dictionary<string, TomlTable?> entries)
    {
        foreach (var (segment, node) in variables?.Children ?? [])
        {
            if (entries.Keys.Any(name => IsSegment(segment, name)) || (named.IsInline && !node.Children.Any()))
            {
                continue;
            }

            if (NameRules.FromSegment(named.Kind, segment) is not { } added)
            {
                context.Fault(BindingContext.OriginOf(node), path, $"{segment} makes no name of {key.Name}", "allowed: " + NameRules.Allowed(named.Kind) + ", with _ for each dot");
                continue;
            }

            entries.TryAdd(added, null);
        }
    }

    private void RefuseUnknownKeys(SectionSchema schema, string path, TomlTable? table)
    {
        foreach (var entry in table?.Entries ?? [])
        {
            if (schema.Spellings.Contains(entry.Key) || (schema.TakesTables && entry.Value is TomlTable))
            {
                continue;
            }

            RefuseUnknown(context.OriginAt(entry.KeyPosition), BindingContext.Join(path, entry.Key), entry.Key, schema);
        }
    }

    private void RefuseUnknownVariables(SectionSchema schema, string path, EnvironmentNode? environment)
    {
        if (environment is null)
        {
            return;
        }

        if (environment.Value is not null)
        {
            context.Fault(BindingContext.OriginOf(environment), path, "this is a section", "allowed: one variable for each of its keys");
        }

        foreach (var (segment, node) in environment.Children)
        {
            var spelling = schema.Spellings.FirstOrDefault(k => IsSegment(segment, k));
            var isSetting = spelling is not null && schema.Keys.Any(k => k.ValueType is not null && k.Spellings.Contains(spelling));
            if (isSetting ? node.Children.Any() : spelling is null && !(schema.TakesTables && node.Children.Any()))
            {
                RefuseUnknown(BindingContext.OriginOf(node), BindingContext.Join(path, segment.ToLowerInvariant()), segment.ToLowerInvariant(), schema);
            }
            else if (spelling is not null && !isSetting && schema.Keys.Any(k => k.IsList && k.Name == spelling))
            {
                context.Fault(BindingContext.OriginOf(node), BindingContext.Join(path, spelling), "tables cannot be set by the environment", "allowed: in the file");
            }
        }
    }

    private void RefuseUnknown(SettingOrigin origin, string path, string key, SectionSchema schema)
    {
        if (schema.NotYet.Contains(key))
        {
            context.Fault(origin, path, "is not available in this version", "remove it");
            return;
        }

        var nearest = Suggestion.Nearest(key, schema.Spellings);
        context.Fault(origin, path, "this key is not known", nearest is null ? "allowed here: " + string.Join(", ", schema.Spellings) : $"did you mean {nearest}?");
    }

    private static bool IsSegment(string segment, string name) => segment.Equals(EnvironmentNode.Segment(name), StringComparison.OrdinalIgnoreCase);
}
