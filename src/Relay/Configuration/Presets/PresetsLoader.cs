using Relay.Delivery;
using Relay.Toml;

namespace Relay;

/// <summary>Reads the presets that <c>delivery.presets</c> names: the shipped ones, a file, or none but the names.</summary>
/// <remarks>A file is held to the same strictness as relay.toml: whatever is wrong is a fault with file, line and key.</remarks>
internal static class PresetsLoader
{
    public const string Shipped = "shipped";
    public const string None = "none";
    private const int MaxFileBytes = 1024 * 1024;
    private static ShapingOptions? _shipped;

    public static ShapingOptions Load(RelayOptions options, BindingContext context)
    {
        var said = options.Delivery.Presets;
        if (said is Shipped or None)
        {
            var shipped = ReadShipped(context);
            return said == Shipped ? shipped : NamesOf(shipped);
        }

        var path = context.FullPath(said);
        if (context.Files.TryRead(path, MaxFileBytes, out var problem) is not { } content)
        {
            context.Fault("delivery.presets", $"{TomlText.Quote(said)} {problem}", "allowed: \"shipped\", \"none\", or a file as `relay shaping show` prints it");
            return new ShapingOptions();
        }

        return Read(content, said, context.ForFile(said)) with { Origin = said };
    }

    // Read once: each start of the program, and each test, needs them.
    private static ShapingOptions ReadShipped(BindingContext context) =>
        _shipped ??= Read(ShippedPresets.Content, "presets", context.ForFile("built-in presets"));

    /// <summary>Sites keep their names, so that limits an operator gave them still apply.</summary>
    private static ShapingOptions NamesOf(ShapingOptions shipped) => new()
    {
        Providers = [.. shipped.Providers.Select(provider => provider with { Limits = new SiteOptions(), Rules = [], Source = null, Checked = null })],
    };

    private static ShapingOptions Read(ReadOnlySpan<byte> content, string origin, BindingContext context)
    {
        TomlTable document;
        try
        {
            document = TomlReader.Parse(content);
        }
        catch (TomlException e)
        {
            context.Fault(context.OriginAt(e.Position), string.Empty, $"column {e.Column}: {e.Message}", "the rest of the file was not read");
            return new ShapingOptions();
        }

        // Values that were refused are gone: what their absence would look like is no further fault.
        var earlier = context.Faults.Count;
        var section = new OptionsBinder(context).BindFile<PresetsSection>(document);
        if (context.Faults.Count == earlier)
        {
            new PresetsValidator(context).Validate(section);
        }

        return context.Faults.Count > earlier ? new ShapingOptions() : PresetsMapping.ToShaping(section) with { Origin = origin };
    }
}
