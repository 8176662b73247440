using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using Relay.Toml;

namespace Relay;

/// <summary>What a section's class says about its keys, in the order of its properties.</summary>
internal sealed class SectionSchema
{
    private static readonly ConcurrentDictionary<Type, SectionSchema> Cache = new();

    private SectionSchema(Type type)
    {
        Type = type;
        Keys = [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static p => p.CanWrite).Select(static p => new KeySchema(p))];
        Spellings = [.. Keys.Where(static k => k.Named is not { IsInline: true }).SelectMany(static k => k.Spellings)];
        TakesTables = Keys.Any(static k => k.Named is { IsInline: true });
        NotYet = type.GetCustomAttribute<NotInThisVersionAttribute>()?.Keys ?? [];
    }

    public Type Type { get; }

    public IReadOnlyList<KeySchema> Keys { get; }

    /// <summary>Every key a document may use here, but for free names.</summary>
    public IReadOnlyList<string> Spellings { get; }

    /// <summary>Tables with free names stand among the keys.</summary>
    public bool TakesTables { get; }

    /// <summary>Keys refused as not available in this version.</summary>
    public IReadOnlyList<string> NotYet { get; }

    public static SectionSchema Of(Type type) => Cache.GetOrAdd(type, static t => new SectionSchema(t));

    /// <summary>A section of defaults; those with a <see cref="SettingAttribute.Default"/> text are still open.</summary>
    public object Create() => Activator.CreateInstance(Type)!;
}

/// <summary>One key: a setting, a list of tables, a section, or tables with free names.</summary>
internal sealed class KeySchema
{
    public KeySchema(PropertyInfo property)
    {
        Property = property;
        Name = SnakeCase(property.Name);
        Setting = property.GetCustomAttribute<SettingAttribute>() ?? new SettingAttribute();
        Named = property.GetCustomAttribute<NamedAttribute>();
        var type = property.PropertyType;
        IsList = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>);
        ElementType = type.IsGenericType && Nullable.GetUnderlyingType(type) is null ? type.GetGenericArguments()[^1] : type;
        ValueType = SettingTypes.Find(ElementType);
    }

    public PropertyInfo Property { get; }

    public string Name { get; }

    public SettingAttribute Setting { get; }

    /// <summary>Set for tables with free names.</summary>
    public NamedAttribute? Named { get; }

    public bool IsList { get; }

    /// <summary>Type of the value, of a list's elements, or of the tables with free names.</summary>
    public Type ElementType { get; }

    /// <summary>Null for sections and tables.</summary>
    public SettingType? ValueType { get; }

    public bool IsSecret => ElementType == typeof(Secret);

    /// <summary>The key that names a file with the secret instead.</summary>
    public string FileKey => Name + "_file";

    /// <summary>The keys a document may use for this one.</summary>
    public IReadOnlyList<string> Spellings => IsSecret ? [Name, FileKey] : [Name];

    /// <summary>What is allowed, with its range.</summary>
    public string Allowed
    {
        get
        {
            var range = (Setting.Min, Setting.Max) switch
            {
                (null, null) => string.Empty,
                (_, null) => ", from " + Bound(Setting.Min!),
                (null, _) => ", up to " + Bound(Setting.Max!),
                _ => $", from {Bound(Setting.Min!)} to {Bound(Setting.Max!)}",
            };
            var kind = this switch
            {
                { ValueType: null } => "a table { " + string.Join(", ", SectionSchema.Of(ElementType).Keys.Select(static k => k.Name)) + " }",
                { Setting.MustExist: true } => "the path of a file that exists",
                { Setting.IsPath: true } => "a path",
                _ => ValueType.Allowed,
            };
            return (IsList ? $"a list of {Setting.MinCount} to {Setting.MaxCount}, each {kind}{range}" : kind + range)
                + (Setting.Hint is null ? string.Empty : $" ({Setting.Hint})");
        }
    }

    /// <summary>The default as people are told it.</summary>
    public string DefaultShown(object section) =>
        Setting.IsRequired ? "required" : Setting.Shown ?? (Setting.Default is null ? Format(Property.GetValue(section)) : TomlText.Quote(Setting.Default));

    /// <summary>A value as TOML; secrets redacted, null as what it stands for.</summary>
    public string Format(object? value)
    {
        if (value is null)
        {
            return Setting.Shown is null ? "none" : $"({Setting.Shown})";
        }

        if (IsSecret)
        {
            return Secret.Redacted;
        }

        if (!IsList)
        {
            return ValueType!.Format(value);
        }

        return "[" + string.Join(", ", ((System.Collections.IEnumerable)value).Cast<object>().Select(ValueType!.Format)) + "]";
    }

    public bool IsInRange(object value) =>
        (Setting.Min is null || System.Collections.Comparer.Default.Compare(value, ValueType!.FromText(Setting.Min)) >= 0)
        && (Setting.Max is null || System.Collections.Comparer.Default.Compare(value, ValueType!.FromText(Setting.Max)) <= 0);

    private string Bound(string text) => ValueType!.Format(ValueType.FromText(text)!);

    public static string SnakeCase(string name)
    {
        var snake = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && snake.Length > 0)
            {
                snake.Append('_');
            }

            snake.Append(char.ToLowerInvariant(c));
        }

        return snake.ToString();
    }
}
