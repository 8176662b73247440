using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Relay.Platform.Domains;

/// <summary>Reads small JSON bodies field by field, so that every fault names its field; unknown fields are ignored.</summary>
internal sealed class FieldReader
{
    private readonly JsonElement _body;

    private FieldReader(JsonElement body) => _body = body;

    /// <summary>The first fault met; null when all was well so far.</summary>
    public ApiFault? Fault { get; private set; }

    public static async ValueTask<FieldReader> ReadAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
        {
            return new FieldReader(default) { Fault = new ApiFault(StatusCodes.Status415UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "send the body as application/json") };
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new FieldReader(document.RootElement.Clone())
                : new FieldReader(default) { Fault = ApiFault.BadRequest("the body is not a JSON object") };
        }
        catch (JsonException broken)
        {
            return new FieldReader(default) { Fault = ApiFault.BadRequest($"the body is not valid JSON (line {broken.LineNumber + 1})") };
        }
    }

    public string? Text(string field) => Read(field, JsonValueKind.String, "a text") is { } value ? value.GetString() : null;

    public string Required(string field)
    {
        var text = Text(field);
        if (text is null && Fault is null)
        {
            Fault = ApiFault.BadField(field, "is required");
        }

        return text ?? string.Empty;
    }

    public bool? Switch(string field)
    {
        if (!TryFind(field, out var value))
        {
            return null;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Refuse(field, "is not true or false");
        return null;
    }

    /// <summary>A list of texts, at most <paramref name="maxCount"/>; empty when absent.</summary>
    public IReadOnlyList<string> Texts(string field, int maxCount)
    {
        if (Read(field, JsonValueKind.Array, "a list of texts") is not { } list)
        {
            return [];
        }

        if (list.GetArrayLength() > maxCount)
        {
            Refuse(field, $"has more than {maxCount} entries");
            return [];
        }

        var texts = new List<string>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
            {
                Refuse($"{field}[{texts.Count}]", "is not a text");
                return [];
            }

            texts.Add(item.GetString()!);
        }

        return texts;
    }

    public DateTimeOffset? Time(string field)
    {
        if (Text(field) is not { } text)
        {
            return null;
        }

        if (DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var time))
        {
            return time.ToUniversalTime();
        }

        Refuse(field, "is not a time such as 2026-11-21T14:00:00Z");
        return null;
    }

    /// <summary>Notes a fault unless there was one before.</summary>
    public void Refuse(string field, string problem) => Fault ??= ApiFault.BadField(field, problem);

    private JsonElement? Read(string field, JsonValueKind kind, string what)
    {
        if (!TryFind(field, out var value))
        {
            return null;
        }

        if (value.ValueKind == kind)
        {
            return value;
        }

        Refuse(field, $"is not {what}");
        return null;
    }

    private bool TryFind(string field, out JsonElement value)
    {
        value = default;
        return _body.ValueKind == JsonValueKind.Object && _body.TryGetProperty(field, out value) && value.ValueKind != JsonValueKind.Null;
    }
}
