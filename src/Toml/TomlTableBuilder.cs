namespace Relay.Toml;

/// <summary>One part of a dotted key, unquoted.</summary>
internal readonly record struct TomlKeyPart(string Name, TomlPosition Position);

/// <summary>Decides which table a header or a dotted key means, and refuses what TOML calls redefinition.</summary>
/// <remarks>
/// A table is defined once: by its header, by dotted keys, or in braces (see <see cref="TomlTableOrigin"/>).
/// Headers may go through any table but an inline one, and through the last element of an array of tables;
/// dotted keys go only through tables made by dotted keys. Neither replaces a value.
/// </remarks>
internal sealed class TomlTableBuilder(int maxDepth)
{
    public TomlTable Root { get; } = new(new TomlPosition(1, 1), TomlTableOrigin.Header, depth: 0);

    /// <summary><c>[a.b.c]</c></summary>
    public TomlTable Open(List<TomlKeyPart> key)
    {
        var parent = DescendByHeader(key);
        var last = key[^1];
        if (!parent.TryGet(last.Name, out var entry))
        {
            return AddTable(parent, last, TomlTableOrigin.Header);
        }

        if (entry.Value is not TomlTable { Origin: TomlTableOrigin.Implied } table)
        {
            throw Redefined(last, entry);
        }

        table.Origin = TomlTableOrigin.Header;
        table.Position = last.Position;
        return table;
    }

    /// <summary><c>[[a.b.c]]</c></summary>
    public TomlTable AppendToArray(List<TomlKeyPart> key)
    {
        var parent = DescendByHeader(key);
        var last = key[^1];
        if (!parent.TryGet(last.Name, out var entry))
        {
            var created = new TomlArray(last.Position, isOpen: true);
            parent.Add(last.Name, last.Position, created);
            return Append(parent, created, last);
        }

        return entry.Value is TomlArray { IsOpen: true } array ? Append(parent, array, last) : throw Redefined(last, entry);
    }

    /// <summary>The table that the last part of a key belongs to.</summary>
    public TomlTable Descend(TomlTable table, List<TomlKeyPart> key)
    {
        for (var i = 0; i < key.Count - 1; i++)
        {
            table = StepByDottedKey(table, key[i]);
        }

        return table;
    }

    public static void Add(TomlTable table, TomlKeyPart key, TomlValue value)
    {
        if (table.TryGet(key.Name, out var entry))
        {
            throw Redefined(key, entry);
        }

        table.Add(key.Name, key.Position, value);
    }

    private TomlTable DescendByHeader(List<TomlKeyPart> key)
    {
        var table = Root;
        for (var i = 0; i < key.Count - 1; i++)
        {
            table = StepByHeader(table, key[i]);
        }

        return table;
    }

    private TomlTable StepByHeader(TomlTable table, TomlKeyPart part)
    {
        if (!table.TryGet(part.Name, out var entry))
        {
            return AddTable(table, part, TomlTableOrigin.Implied);
        }

        return entry.Value switch
        {
            TomlTable { Origin: not TomlTableOrigin.Inline } next => next,
            TomlArray { IsOpen: true } array => (TomlTable)array[^1],
            _ => throw Redefined(part, entry),
        };
    }

    private TomlTable StepByDottedKey(TomlTable table, TomlKeyPart part)
    {
        if (!table.TryGet(part.Name, out var entry))
        {
            return AddTable(table, part, TomlTableOrigin.DottedKey);
        }

        return entry.Value is TomlTable { Origin: TomlTableOrigin.DottedKey } next ? next : throw Redefined(part, entry);
    }

    private TomlTable AddTable(TomlTable parent, TomlKeyPart part, TomlTableOrigin origin)
    {
        var table = NewTable(parent, part, origin);
        parent.Add(part.Name, part.Position, table);
        return table;
    }

    private TomlTable Append(TomlTable parent, TomlArray array, TomlKeyPart part)
    {
        var table = NewTable(parent, part, TomlTableOrigin.Header);
        array.Add(table);
        return table;
    }

    private TomlTable NewTable(TomlTable parent, TomlKeyPart part, TomlTableOrigin origin) =>
        parent.Depth < maxDepth
            ? new TomlTable(part.Position, origin, parent.Depth + 1)
            : throw new TomlException($"more than {maxDepth} tables and arrays inside each other", part.Position);

    private static TomlException Redefined(TomlKeyPart part, TomlEntry earlier) =>
        new($"'{part.Name}' is already {earlier.Value.Kind} at line {earlier.Value.Position.Line}; a key is defined once", part.Position);
}
