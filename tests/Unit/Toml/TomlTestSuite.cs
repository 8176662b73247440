using System.Globalization;
using System.Text.Json;
using Relay.Tests.Support;
using Relay.Toml;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>The cases of toml-test that apply to TOML 1.0, as far as they are present.</summary>
public sealed class TomlTestSuite
{
    private static readonly string[] Present =
        [.. File.ReadLines(TestData.Path("toml-test", "files-toml-1.0.0"))
            .Where(static name => name.EndsWith(".toml", StringComparison.Ordinal) && File.Exists(TestData.Path("toml-test", name)))];

    public static TheoryData<string> Valid => [.. Present.Where(static name => name.StartsWith("valid/", StringComparison.Ordinal))];

    public static TheoryData<string> Invalid => [.. Present.Where(static name => name.StartsWith("invalid/", StringComparison.Ordinal))];

    [Fact]
    public void The_suite_is_there()
    {
        Assert.True(Valid.Count > 100, "valid cases");
        Assert.True(Invalid.Count > 200, "invalid cases");
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void Reads(string name)
    {
        var document = TomlReader.Parse(File.ReadAllBytes(TestData.Path("toml-test", name)));

        var expected = TestData.Path("toml-test", Path.ChangeExtension(name, ".json"));
        if (File.Exists(expected))
        {
            using var json = JsonDocument.Parse(File.ReadAllText(expected));
            AssertSame(json.RootElement, document, name);
        }
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Refuses(string name)
    {
        var content = File.ReadAllBytes(TestData.Path("toml-test", name));

        var fault = Assert.Throws<TomlException>(() => TomlReader.Parse(content));

        Assert.InRange(fault.Line, 1, content.Count(static b => b == '\n') + 1);
        Assert.InRange(fault.Column, 1, content.Length + 1);
    }

    private static void AssertSame(JsonElement expected, TomlValue actual, string path)
    {
        switch (actual)
        {
            case TomlTable table:
                Assert.Equal(expected.EnumerateObject().Select(static p => p.Name).Order(), table.Entries.Select(static e => e.Key).Order());
                Assert.All(table.Entries, e => AssertSame(expected.GetProperty(e.Key), e.Value, path + "." + e.Key));
                break;
            case TomlArray array:
                Assert.Equal(expected.GetArrayLength(), array.Count);
                Assert.All(array, (item, i) => AssertSame(expected[i], item, $"{path}[{i}]"));
                break;
            default:
                AssertScalar(expected.GetProperty("type").GetString()!, expected.GetProperty("value").GetString()!, actual, path);
                break;
        }
    }

    private static void AssertScalar(string type, string value, TomlValue actual, string path)
    {
        var (actualType, matches) = actual switch
        {
            TomlString text => ("string", text.Value == value),
            TomlInteger integer => ("integer", integer.Value.ToString(CultureInfo.InvariantCulture) == value),
            TomlFloat number => ("float", number.Value.Equals(ToDouble(value))),
            TomlBoolean boolean => ("bool", boolean.Value == (value == "true")),
            TomlOffsetDateTime instant => ("datetime", instant.TryGetInstant(out var read)
                && read.Value.EqualsExact(DateTimeOffset.Parse(value, CultureInfo.InvariantCulture))),
            TomlLocalDateTime local => ("datetime-local", local.Value == DateTime.Parse(value, CultureInfo.InvariantCulture)),
            TomlLocalDate date => ("date-local", date.Value == DateOnly.ParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture)),
            TomlLocalTime time => ("time-local", time.Value == TimeOnly.Parse(value, CultureInfo.InvariantCulture)),
            _ => (actual.Kind, false),
        };
        Assert.Equal(type, actualType);
        Assert.True(matches, $"{path} should be {value}");
    }

    private static double ToDouble(string value) => value switch
    {
        "inf" or "+inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        "nan" or "+nan" or "-nan" => double.NaN,
        _ => double.Parse(value, CultureInfo.InvariantCulture),
    };
}
