using System.Text;
using System.Text.Json;
using Relay.Platform;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class PlainJsonEncoderTests
{
    [Theory]
    [InlineData("Größe 漢字 <b>&'+", "Größe 漢字 <b>&'+")]
    [InlineData("🎉", "🎉")]
    [InlineData("a🎉b🎉\"c🎉", "a🎉b🎉\\\"c🎉")]
    [InlineData("a\nb\0\\", "a\\nb\\u0000\\\\")]
    public void Escapes_what_json_demands_and_nothing_else(string text, string written)
    {
        Assert.Equal($"\"{written}\"", JsonSerializer.Serialize(text, ApiJson.Options));
        Assert.Equal($"{{\"{written}\":1}}", JsonSerializer.Serialize(new Dictionary<string, int> { [text] = 1 }, ApiJson.Options));
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = ApiJson.Options.Encoder }))
        {
            json.WriteStringValue(Encoding.UTF8.GetBytes(text));
        }

        Assert.Equal($"\"{written}\"", Encoding.UTF8.GetString(buffer.ToArray()));
    }

    [Fact]
    public void Every_text_is_read_back_as_it_was_and_half_a_pair_becomes_the_replacement()
    {
        var random = new Random(1);
        for (var i = 0; i < 2_000; i++)
        {
            var runes = Enumerable.Range(0, random.Next(40)).Select(_ => Rune.TryCreate(random.Next(0x11_0000), out var rune) ? rune : new Rune('x'));
            var text = string.Concat(runes.Select(rune => rune.ToString()));
            Assert.Equal(text, JsonSerializer.Deserialize<string>(JsonSerializer.Serialize(text, ApiJson.Options)));
        }

        Assert.Equal("\uFFFD", JsonSerializer.Deserialize<string>(JsonSerializer.Serialize("\ud83c", ApiJson.Options)));
        Assert.Equal("a\uFFFDb", JsonSerializer.Deserialize<string>(JsonSerializer.Serialize("a\udf89b", ApiJson.Options)));
    }
}
