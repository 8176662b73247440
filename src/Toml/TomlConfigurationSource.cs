using Microsoft.Extensions.Configuration;

namespace Relay.Toml;

/// <summary>A TOML file as a source of <c>Microsoft.Extensions.Configuration</c>.</summary>
public sealed class TomlConfigurationSource : FileConfigurationSource
{
    public override IConfigurationProvider Build(IConfigurationBuilder builder)
    {
        EnsureDefaults(builder);
        return new TomlConfigurationProvider(this);
    }
}
