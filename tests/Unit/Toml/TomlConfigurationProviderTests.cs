using System.Text;
using Microsoft.Extensions.Configuration;
using Relay.Toml;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class TomlConfigurationProviderTests
{
    [Fact]
    public void Gives_values_under_flat_keys()
    {
        var provider = Load("""
            name = "relay"
            [listener."a.b"]
            ports = [25, 587]
            on = true
            [[keys]]
            factor = 1.5
            when = 2026-11-21T08:00:00.5+01:00
            local = 2026-11-21T08:00:00
            day = 2026-11-21
            time = 08:00:00
            [empty]
            list = []
            table = {}
            """);

        Assert.Equal("relay", Get(provider, "name"));
        Assert.Equal("25", Get(provider, "Listener:a.b:Ports:0"));
        Assert.Equal("587", Get(provider, "listener:a.b:ports:1"));
        Assert.Equal("true", Get(provider, "listener:a.b:on"));
        Assert.Equal("1.5", Get(provider, "keys:0:factor"));
        Assert.Equal("2026-11-21T08:00:00.5+01:00", Get(provider, "keys:0:when"));
        Assert.Equal("2026-11-21T08:00:00", Get(provider, "keys:0:local"));
        Assert.Equal("2026-11-21", Get(provider, "keys:0:day"));
        Assert.Equal("08:00:00", Get(provider, "keys:0:time"));
        Assert.Equal(string.Empty, Get(provider, "empty:list"));
        Assert.Null(Get(provider, "empty:table"));
    }

    [Fact]
    public void Binds_like_any_other_source()
    {
        var root = new ConfigurationBuilder().AddTomlFile(ConfigurationFixture.SampleFile).Build();

        Assert.Equal(10_000, root.GetValue<int>("queue:window"));
        Assert.Equal(["127.0.0.0/8", "::1/128"], root.GetSection("listener:submission:relay_networks").Get<string[]>()!);
    }

    [Fact]
    public void Refuses_keys_that_differ_only_in_case()
    {
        var fault = Assert.Throws<TomlException>(() => Load("[a]\nkey = 1\nKEY = 2"));

        Assert.Equal(3, fault.Line);
    }

    private static TomlConfigurationProvider Load(string text)
    {
        var provider = new TomlConfigurationProvider(new TomlConfigurationSource());
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        provider.Load(stream);
        return provider;
    }

    private static string? Get(TomlConfigurationProvider provider, string key)
    {
        Assert.True(provider.TryGet(key, out var value), key);
        return value;
    }
}
