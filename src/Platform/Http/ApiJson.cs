using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Relay.Platform;

/// <summary>How the API writes JSON: camelCase, times in UTC with milliseconds, text as it is.</summary>
public static class ApiJson
{
    private static readonly string[] TimeForms = ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = new PlainJsonEncoder(),
        Converters = { new TimeConverter() },
    };

    public static IResult Answer<T>(T value) => TypedResults.Json(value, Options);

    /// <summary>For example <c>2026-11-21T14:00:00.000Z</c>.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A date-time of RFC 3339 with its offset; without one nobody knows which instant is meant.</summary>
    public static bool TryParseTime(string text, out DateTimeOffset time)
    {
        time = default;
        var upper = text.ToUpperInvariant();
        return HasOffset(upper)
            && DateTimeOffset.TryParseExact(upper, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out time);
    }

    private static bool HasOffset(string text) => text is [.., 'Z'] or [.., '+' or '-', _, _, ':', _, _];

    private sealed class TimeConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParseTime(reader.GetString()!, out var time) ? time : throw new JsonException("not a date-time with offset");

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(Time(value));
    }
}
