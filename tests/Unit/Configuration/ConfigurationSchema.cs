namespace Relay.Tests.Unit;

/// <summary>Every key that the options classes define, with the section it stands in.</summary>
internal static class ConfigurationSchema
{
    /// <param name="Section">As a heading: <c>[listener.NAME]</c>; empty for the top level.</param>
    /// <param name="Default">As documented.</param>
    internal sealed record Row(string Section, string Key, string Default, string Allowed);

    public static IReadOnlyList<Row> Rows { get; } = [.. RowsOf(typeof(RelayOptions), string.Empty)];

    private static IEnumerable<Row> RowsOf(Type type, string path)
    {
        var schema = SectionSchema.Of(type);
        var section = schema.Create();
        foreach (var key in schema.Keys)
        {
            if (key.ValueType is not null || key is { IsList: true, Named: null })
            {
                var isTables = key.ValueType is null;
                yield return new Row(path, key.Name, isTables ? "required" : key.DefaultShown(section), key.Allowed);
            }

            if (key.IsSecret)
            {
                yield return new Row(path, key.FileKey, "none", "the path of a file that holds the secret");
            }

            if (key.ValueType is null)
            {
                var inner = key switch
                {
                    { Named: { IsInline: true } named } => Join(path, NameOf(named)),
                    { Named: { } named } => Join(Join(path, key.Name), NameOf(named)),
                    { IsList: true } => Join(path, key.Name) + " element",
                    _ => Join(path, key.Name),
                };
                foreach (var row in RowsOf(key.ElementType, inner))
                {
                    yield return row;
                }
            }
        }
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : path + "." + key;

    private static string NameOf(NamedAttribute named) => named.Kind switch
    {
        NameKind.Plain => "NAME",
        NameKind.NumberOrAny => "\"NUMBER\"",
        NameKind.TextOrAny => "\"NAME\"",
        _ => "\"DOMAIN\"",
    };
}
