using Relay.Toml;

namespace Relay;

/// <summary>Reads relay.toml and the environment.</summary>
/// <remarks>1. Find and parse the file. 2. Bind it with the overrides. 3. Check what concerns several settings. 4. Read the presets it names. A syntax error ends it at 1: what follows cannot be trusted.</remarks>
internal static class ConfigurationLoader
{
    private const int MaxFileBytes = 4 * 1024 * 1024;

    public static ConfigurationResult Load(ConfigurationInput input)
    {
        var file = FileOf(input);
        var fullPath = file is null ? null : Path.GetFullPath(file, input.WorkingFolder);
        var context = new BindingContext(input, input.ShownAs ?? file ?? "built-in defaults", fullPath is null ? input.WorkingFolder : Path.GetDirectoryName(fullPath)!);
        TomlTable? document = null;
        if (fullPath is not null)
        {
            document = Parse(fullPath, context);
            if (document is null)
            {
                return Result(null, context, file);
            }
        }

        var options = new OptionsBinder(context).Bind(document, EnvironmentNode.Read(input.Environment));
        new RelayOptionsValidator(options, context).Validate();
        options.Shaping = PresetsLoader.Load(options, context);
        options.ReportTexts = ReportTextsLoader.Load(options, context);
        return Result(options, context, file);
    }

    private static string? FileOf(ConfigurationInput input)
    {
        var isThere = input.File is null && input.Files.Exists(Path.GetFullPath(ConfigurationInput.DefaultFile, input.WorkingFolder));
        return isThere ? ConfigurationInput.DefaultFile : input.File;
    }

    private static TomlTable? Parse(string fullPath, BindingContext context)
    {
        var content = context.Files.TryRead(fullPath, MaxFileBytes, out var problem);
        if (content is null)
        {
            context.Fault(SettingOrigin.Default, string.Empty, "the file " + problem, "allowed: a TOML file that this user can read");
            return null;
        }

        try
        {
            return TomlReader.Parse(content);
        }
        catch (TomlException e)
        {
            context.Fault(context.OriginAt(e.Position), string.Empty, $"column {e.Column}: {e.Message}", "the rest of the file was not read");
            return null;
        }
    }

    private static ConfigurationResult Result(RelayOptions? options, BindingContext context, string? file) => new()
    {
        Options = context.Faults.Count == 0 ? options : null,
        Data = options?.Data,
        Faults = context.Faults,
        Warnings = context.Warnings,
        Settings = context.Settings,
        File = file,
    };
}
