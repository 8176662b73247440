namespace Relay.Delivery;

/// <summary>The presets built into the program, as text; whoever reads configuration reads them.</summary>
public static class ShippedPresets
{
    private const string ResourceName = "Relay.Delivery.presets.toml";

    /// <summary>TOML in UTF-8.</summary>
    public static byte[] Content { get; } = Read();

    private static byte[] Read()
    {
        using var resource = typeof(ShippedPresets).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"{ResourceName} is not in the assembly");
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }
}
