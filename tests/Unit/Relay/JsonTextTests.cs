using System.Text.Json;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("\"2026-11-30T05:07:04.5678323+00:00\"", "2026-11-30 05:07:04Z")]
    [InlineData("\"2026-11-30T06:07:04+01:00\"", "2026-11-30 05:07:04Z")]
    [InlineData("\"2026-11-30T05:08:00Z\"", "2026-11-30 05:08:00Z")]
    [InlineData("\"never\"", "never")]
    [InlineData("null", "")]
    public void Times_are_shown_to_the_second_in_UTC(string value, string shown)
    {
        using var json = JsonDocument.Parse($$"""{ "at": {{value}} }""");

        Assert.Equal(shown, json.RootElement.Time("at"));
        Assert.Equal(string.Empty, json.RootElement.Time("absent"));
    }
}
