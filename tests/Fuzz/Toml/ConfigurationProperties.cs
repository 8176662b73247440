using FsCheck;
using FsCheck.Fluent;
using Relay.Toml;
using Xunit;
using TestData = Relay.Tests.Support.TestData;

namespace Relay.Tests.Fuzz;

/// <summary>Whatever stands behind a key, the loader gives options or faults, never an exception.</summary>
public sealed class ConfigurationProperties
{
    private static readonly string[] Values =
    [
        "1", "-1", "0", "99999999999", "1.5", "nan", "true", "[]", "{}", "[[]]", "[{}]", "[1]", "[\"\"]", "[{ selector = \"a\" }]", "{ a = 1 }", "2026-11-21",
        "\"\"", "\"0\"", "\"1s\"", "\"9999999999d\"", "\"25MiB\"", "\"*\"", "\"none\"", "\"\\u0000\"", "\"/\\u0000\"", "\"..\"", "\"[::1]:25\"", "\"a@example.com\"",
        "\"1/s\"", "\"50%\"", "\"10.0.0.0/8\"", "\"\u00e9.example\"", "\"-\"",
    ];

    private static readonly string[] Lines = [.. File.ReadLines(Path.Combine(TestData.Root, "relay.toml"))
        .Select(static line => line.Length > 1 && line[0] == '#' && line[1] != ' ' ? line[1..] : line)];

    [Fact]
    public void Any_values_give_options_or_faults()
    {
        var configuration =
            from replaced in Gen.Choose(0, Lines.Length - 1).ListOf(4)
            from values in Gen.OneOf(Gen.Elements(Values), ArbMap.Default.GeneratorFor<string>().Select(static text => TomlText.Quote(text ?? string.Empty))).ListOf(4)
            select Replace(replaced.Zip(values));

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(configuration.ToArbitrary(), static text =>
        {
            var result = ConfigurationLoader.Load(Input(text, []));
            return result.Options is null == result.Faults.Count > 0;
        }));
    }

    [Fact]
    public void Any_variables_give_options_or_faults()
    {
        string[] segments = ["QUEUE", "WINDOW", "LISTENER", "SUBMISSION", "ENDPOINT", "ROUTE", "DEFAULT", "PASSWORD", "PASSWORD_FILE", "DKIM", "ENABLED", "KEYS", "DATA", "", "_", "a.b", "X"];
        string[] values = ["", "1", "true", "127.0.0.1:25", ",", "a,b", "../x"];
        var variable =
            from parts in Gen.Elements(segments).NonEmptyListOf()
            from value in Gen.Elements(values)
            select KeyValuePair.Create("RELAY__" + string.Join("__", parts.Take(4)), value);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(variable.ListOf(3).ToArbitrary(), static variables =>
        {
            var environment = variables.DistinctBy(static pair => pair.Key).ToDictionary();
            var result = ConfigurationLoader.Load(Input(string.Empty, environment));
            return result.Options is null == result.Faults.Count > 0;
        }));
    }

    private static string Replace(IEnumerable<(int Line, string Value)> replacements)
    {
        var lines = Lines.ToArray();
        foreach (var (line, value) in replacements)
        {
            var equals = lines[line].IndexOf(" = ", StringComparison.Ordinal);
            if (equals > 0 && !lines[line].TrimStart().StartsWith('{'))
            {
                lines[line] = lines[line][..equals] + " = " + value;
            }
        }

        return string.Join('\n', lines);
    }

    private static ConfigurationInput Input(string text, Dictionary<string, string> environment) => new()
    {
        File = "relay.toml",
        WorkingFolder = Path.GetFullPath("/etc/relay"),
        Environment = environment,
        Files = new OneFile(text),
        MachineName = "host.example.com",
    };

    private sealed class OneFile(string text) : IConfigurationFiles
    {
        public bool Exists(string path) => true;

        public byte[]? TryRead(string path, int maxBytes, out string problem)
        {
            problem = string.Empty;
            return System.Text.Encoding.UTF8.GetBytes(text);
        }
    }
}
