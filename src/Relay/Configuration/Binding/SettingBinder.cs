using System.Text;
using Relay.Toml;

namespace Relay;

/// <summary>Binds one setting: finds it, converts it, checks its range, and records value and origin.</summary>
/// <remarks>The environment overrides the file; a faulty value is reported and replaced by the default, so that one fault is reported once.</remarks>
internal sealed class SettingBinder(BindingContext context)
{
    private const int MaxSecretBytes = 64 * 1024;
    private const int MaxShown = 10;

    public void Bind(object section, KeySchema key, string sectionPath, TomlTable? table, EnvironmentNode? environment)
    {
        var path = BindingContext.Join(sectionPath, key.Name);
        var raw = key.IsSecret ? FindSecret(key, sectionPath, table, environment) : Find(key.Name, table, environment);
        if (raw is null && key.Setting.IsRequired)
        {
            context.Fault(path, "is missing", "allowed: " + key.Allowed);
        }

        var value = raw is null ? null : Convert(key, path, raw);
        var origin = value is null ? SettingOrigin.Default : raw!.Origin;
        value ??= DefaultOf(section, key);
        key.Property.SetValue(section, value);
        context.Record(path, key.Format(value), origin);
    }

    private RawValue? Find(string spelling, TomlTable? table, EnvironmentNode? environment)
    {
        if (environment?.Child(EnvironmentNode.Segment(spelling)) is { Value: { } text } node)
        {
            return new RawValue(null, text, BindingContext.OriginOf(node));
        }

        return table is not null && table.TryGet(spelling, out var entry) ? new RawValue(entry.Value, null, context.OriginAt(entry.KeyPosition)) : null;
    }

    private RawValue? FindSecret(KeySchema key, string sectionPath, TomlTable? table, EnvironmentNode? environment)
    {
        var direct = Find(key.Name, table, environment);
        var file = Find(key.FileKey, table, environment);
        if (direct is not null && file is not null && direct.IsFromEnvironment == file.IsFromEnvironment)
        {
            context.Fault(file.Origin, BindingContext.Join(sectionPath, key.FileKey), $"is given together with {key.Name}", "allowed: one of them");
            return null;
        }

        var fileWins = file is not null && (direct is null || file.IsFromEnvironment);
        return fileWins ? ReadSecret(BindingContext.Join(sectionPath, key.FileKey), file!) : direct;
    }

    private RawValue? ReadSecret(string path, RawValue file)
    {
        var origin = file.Origin;
        var name = file.Text ?? (file.Toml as TomlString)?.Value;
        if (name is null || SettingTypes.PlainText(name) is null)
        {
            context.Fault(origin, path, "is no path", "allowed: the path of a file that holds the secret");
            return null;
        }

        var content = context.Files.TryRead(context.FullPath(name), MaxSecretBytes, out var problem);
        if (content is null)
        {
            context.Fault(origin, path, $"{TomlText.Quote(name)} {problem}", "allowed: the path of a file that holds the secret");
            return null;
        }

        var secret = Encoding.UTF8.GetString(content).TrimEnd('\r', '\n');
        if (secret.Length == 0)
        {
            context.Fault(origin, path, $"{TomlText.Quote(name)} is empty", "allowed: a file that holds the secret");
            return null;
        }

        return new RawValue(null, secret, origin);
    }

    private object? Convert(KeySchema key, string path, RawValue raw)
    {
        if (!key.IsList)
        {
            return raw.Toml is null ? ConvertText(key, path, raw.Text!, raw.Origin) : ConvertToml(key, path, raw.Toml, raw.Origin);
        }

        if (raw.Toml is not null and not TomlArray)
        {
            context.Fault(raw.Origin, path, $"{Describe(key, raw.Toml)} is not allowed", "allowed: " + key.Allowed);
            return null;
        }

        return ConvertList(key, path, raw);
    }

    private Array? ConvertList(KeySchema key, string path, RawValue raw)
    {
        List<object?> items = raw.Toml is TomlArray array
            ? [.. array.Select((item, i) => ConvertToml(key, $"{path}[{i}]", item, context.OriginAt(item.Position)))]
            : [.. Split(raw.Text!).Select((item, i) => ConvertText(key, $"{path}[{i}]", item, raw.Origin))];
        if (items.Count < key.Setting.MinCount || items.Count > key.Setting.MaxCount)
        {
            context.Fault(raw.Origin, path, $"has {items.Count} elements", "allowed: " + key.Allowed);
            return null;
        }

        if (items.Contains(null))
        {
            return null;
        }

        var list = Array.CreateInstance(key.ElementType, items.Count);
        for (var i = 0; i < items.Count; i++)
        {
            list.SetValue(items[i], i);
        }

        return list;
    }

    private static string[] Split(string text) => text.Length == 0 ? [] : text.Split(',', StringSplitOptions.TrimEntries);

    private object? ConvertToml(KeySchema key, string path, TomlValue value, SettingOrigin origin) =>
        Check(key, path, key.ValueType!.FromToml(value), Describe(key, value), origin);

    private object? ConvertText(KeySchema key, string path, string text, SettingOrigin origin) =>
        Check(key, path, key.ValueType!.FromText(text), key.IsSecret ? Secret.Redacted : TomlText.Quote(text), origin);

    private object? Check(KeySchema key, string path, object? value, string described, SettingOrigin origin)
    {
        if (value is null || !key.IsInRange(value))
        {
            context.Fault(origin, path, $"{described} is not allowed", "allowed: " + key.Allowed);
            return null;
        }

        if (!key.Setting.IsPath)
        {
            return value;
        }

        var fullPath = context.FullPath((string)value);
        if (key.Setting.MustExist && !context.Files.Exists(fullPath))
        {
            context.Fault(origin, path, $"there is no file {TomlText.Quote(fullPath)}", "allowed: " + key.Allowed);
        }

        return fullPath;
    }

    private object? DefaultOf(object section, KeySchema key)
    {
        var value = key.Setting.Default is { } template ? key.ValueType!.FromText(context.Expand(template)) : key.Property.GetValue(section);
        return key.Setting.IsPath && value is string { Length: > 0 } path ? context.FullPath(path) : value;
    }

    private static string Describe(KeySchema key, TomlValue value) => value switch
    {
        _ when key.IsSecret => Secret.Redacted,
        TomlString text => TomlText.Quote(text.Value),
        TomlInteger integer => FormattableString.Invariant($"{integer.Value}"),
        TomlBoolean boolean => boolean.Value ? "true" : "false",
        TomlArray { Count: > 0 and <= MaxShown } array => "[" + string.Join(", ", array.Select(item => item is TomlArray ? item.Kind : Describe(key, item))) + "]",
        _ => value.Kind,
    };

    /// <summary>A value before conversion: of the file, or a text of the environment or of a secret's file.</summary>
    private sealed record RawValue(TomlValue? Toml, string? Text, SettingOrigin Origin)
    {
        public bool IsFromEnvironment => Origin.Kind == OriginKind.Environment;
    }
}
