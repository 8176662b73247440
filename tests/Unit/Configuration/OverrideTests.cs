using System.Net;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Environment variables, secrets in files, and where values come from.</summary>
public sealed class OverrideTests
{
    private const string Smarthost = "[route.\"*\"]\nsmarthost = \"smtp.example.com:587\"\nusername = \"u\"\n";

    private readonly ConfigurationFixture _configuration = new();

    [Fact]
    public void The_environment_overrides_the_file()
    {
        var options = _configuration
            .WithVariable("RELAY__QUEUE__WINDOW", "500")
            .WithVariable("relay__log__level", "error")
            .WithVariable("RELAY__DELIVERY__IPV6", "false")
            .WithVariable("RELAY__RETRY__SCHEDULE", "1s, 2s")
            .WithVariable("RELAY__DNS__TRUST_AD", "none")
            .Options("[queue]\nwindow = 7\n[log]\nlevel = \"debug\"");

        Assert.Equal(500, options.Queue.Window);
        Assert.Equal(LogVerbosity.Error, options.Log.Level);
        Assert.False(options.Delivery.Ipv6);
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)], options.Retry.Schedule);
        Assert.False(options.Dns.TrustAd.Trusts(IPAddress.Loopback));
    }

    [Fact]
    public void The_environment_reaches_named_tables()
    {
        var options = _configuration
            .WithVariable("RELAY__LISTENER__SUBMISSION__ENDPOINT", "127.0.0.1:0")
            .WithVariable("RELAY__SITE__A_B_EXAMPLE__PORT", "26")
            .WithVariable("RELAY__SITE__EXAMPLE_NET__PORT", "27")
            .WithVariable("RELAY__SITE__DEFAULT__PORT", "28")
            .Options("[site.\"a-b.example\"]\nmax_connections = 2");

        Assert.Equal(0, options.Listener["submission"].Endpoint.Port);
        Assert.Equal(26, options.Site["a-b.example"].Port);
        Assert.Equal(2, options.Site["a-b.example"].MaxConnections);
        Assert.Equal(27, options.Site["example.net"].Port);
        Assert.Equal(28, options.AnySite.Port);
        Assert.Equal(3, options.Site.Count);
    }

    [Theory]
    [InlineData("RELAY__QUEUE__WINDOW", "many", "environment RELAY__QUEUE__WINDOW: queue.window: \"many\" is not allowed; allowed: a whole number, from 1 to 1000000")]
    [InlineData("RELAY__QUEUE__WINDOWS", "5", "environment RELAY__QUEUE__WINDOWS: queue.windows: this key is not known; did you mean window?")]
    [InlineData("RELAY__QUEUE", "5", "environment RELAY__QUEUE: queue: this is a section; allowed: one variable for each of its keys")]
    [InlineData("RELAY__QUEUE__WINDOW__X", "5", "environment RELAY__QUEUE__WINDOW__X: queue.window: this key is not known")]
    [InlineData("RELAY__STORAGE__ENDPOINT", "5", "environment RELAY__STORAGE__ENDPOINT: storage: is not available in this version")]
    [InlineData("RELAY__SITE__-__PORT", "5", "environment RELAY__SITE__-__PORT: site: - makes no name of site")]
    [InlineData("RELAY__DKIM__EXAMPLE_COM__KEYS", "x", "environment RELAY__DKIM__EXAMPLE_COM__KEYS: dkim.\"example.com\".keys: tables cannot be set by the environment")]
    public void A_faulty_variable_is_named(string name, string value, string expected)
    {
        var faults = _configuration.WithVariable(name, value).Faults(string.Empty);

        Assert.Contains(faults, fault => fault.StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Other_variables_are_not_ours()
    {
        var result = _configuration.WithVariable("RELAY_HOME", "x").WithVariable("PATH", "y").Load(string.Empty);

        Assert.Empty(result.Faults);
    }

    [Fact]
    public void A_secret_is_read_from_its_file()
    {
        var result = _configuration.WithFile("secret", "s3cret\n").Load(Smarthost + "password_file = \"secret\"");

        Assert.Equal("s3cret", result.Options!.Route["*"].Password!.Reveal());
    }

    [Fact]
    public void The_environment_overrides_a_secret_file_and_the_other_way_round()
    {
        var byVariable = _configuration.WithFile("secret", "file").WithVariable("RELAY__ROUTE__DEFAULT__PASSWORD", "variable")
            .Options(Smarthost + "password_file = \"secret\"");
        var byFile = new ConfigurationFixture().WithFile("secret", "file").WithVariable("RELAY__ROUTE__DEFAULT__PASSWORD_FILE", "secret")
            .Options(Smarthost + "password = \"text\"");

        Assert.Equal("variable", byVariable.Route["*"].Password!.Reveal());
        Assert.Equal("file", byFile.Route["*"].Password!.Reveal());
    }

    [Fact]
    public void A_secret_is_given_once()
    {
        var faults = _configuration.WithFile("secret", "x").Faults(Smarthost + "password = \"a\"\npassword_file = \"secret\"");

        Assert.Contains("relay.toml:5: route.\"*\".password_file: is given together with password; allowed: one of them", faults);
    }

    [Fact]
    public void An_empty_secret_file_is_a_fault()
    {
        var faults = _configuration.WithFile("secret", "\n").Faults(Smarthost + "password_file = \"secret\"");

        Assert.Contains("relay.toml:4: route.\"*\".password_file: \"secret\" is empty; allowed: a file that holds the secret", faults);
    }

    [Fact]
    public void No_view_and_no_fault_shows_a_secret()
    {
        var good = new ConfigurationFixture().Load(Smarthost + "password = \"hunter2\"");
        var bad = new ConfigurationFixture().Load(Smarthost + "password = [\"hunter2\"]");

        Assert.Contains(good.Settings, static s => s is { KeyPath: "route.\"*\".password", Value: Secret.Redacted });
        Assert.DoesNotContain(good.Settings, static s => s.Value.Contains("hunter2", StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", good.Options!.Route["*"].Password!.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(bad.Faults);
        Assert.DoesNotContain(bad.Faults, static f => f.ToString().Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_setting_knows_where_it_comes_from()
    {
        var settings = _configuration.WithVariable("RELAY__LOG__LEVEL", "error").Load("[queue]\nwindow = 7").Settings.ToDictionary(static s => s.KeyPath);

        Assert.Equal("7 from relay.toml:2", Describe(settings["queue.window"]));
        Assert.Equal("\"error\" from environment RELAY__LOG__LEVEL", Describe(settings["log.level"]));
        Assert.Equal("\"64MiB\" from default", Describe(settings["queue.window_bytes"]));
        Assert.Equal("\"127.0.0.1:2525\" from default", Describe(settings["listener.submission.endpoint"]));
        Assert.Equal("(delivery.port) from default", Describe(settings["site.\"*\".port"]));

        static string Describe(EffectiveSetting setting) => $"{setting.Value} from {setting.Origin}";
    }
}
