using System.Text.RegularExpressions;
using Relay.Toml;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>relay.toml at the root of the repository is the defaults, and its examples hold.</summary>
public sealed partial class SampleTests
{
    private static string Sample => File.ReadAllText(ConfigurationFixture.SampleFile);

    private static string Uncommented => ExampleLine().Replace(Sample, string.Empty);

    [Fact]
    public void Equals_the_built_in_defaults()
    {
        var sample = new ConfigurationFixture().Load(Sample);
        var builtIn = new ConfigurationFixture().Load(null);

        Assert.Empty(sample.Faults);
        Assert.NotNull(builtIn.Options);
        Assert.Equal(
            Meanings(builtIn),
            Meanings(sample));
    }

    [Fact]
    public void Its_examples_are_valid_together()
    {
        var result = new ConfigurationFixture { HasEveryFile = true }.WithFile("inbound.secret", "whsec_" + new string('A', 32)).Load(Uncommented);

        Assert.Empty(result.Faults);
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void Its_examples_show_every_key()
    {
        var shown = KeysOf(TomlReader.Parse(Uncommented)).ToHashSet();
        var missing = ConfigurationSchema.Rows.Select(static row => row.Key).Where(key => !shown.Contains(key));

        Assert.Empty(missing);
    }

    // The values in force, where the sample states a default of site."*" that stands for nothing given.
    private static List<string> Meanings(ConfigurationResult result) =>
        [.. result.Settings.Select(static setting => $"{setting.KeyPath} = {setting.Value.Trim('(', ')')}")];

    private static IEnumerable<string> KeysOf(TomlValue value) => value switch
    {
        TomlTable table => table.Entries.SelectMany(static e => KeysOf(e.Value).Prepend(e.Key)),
        TomlArray array => array.SelectMany(KeysOf),
        _ => [],
    };

    [GeneratedRegex("^#(?=[^ #\n])", RegexOptions.Multiline)]
    private static partial Regex ExampleLine();
}
