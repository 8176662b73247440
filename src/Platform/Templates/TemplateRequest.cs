using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Relay.Platform.Templates;

/// <summary>The body of a request, field by field; the first bad field ends it.</summary>
internal sealed class TemplateRequest
{
    public const int MaxNameLength = 100;
    public const int MaxSubjectLength = 2000;
    public const int MaxSourceBytes = 512 * 1024;
    public const int MaxVariables = 200;
    public const int MaxVariableNameLength = 100;
    public const int MaxValueLength = 64 * 1024;
    private const int MaxDepth = 16;

    private readonly JsonElement _body;

    private TemplateRequest(JsonElement body) => _body = body;

    /// <exception cref="BadFieldException">It is no JSON object.</exception>
    public static async ValueTask<TemplateRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(request.Body, new JsonDocumentOptions { MaxDepth = MaxDepth }, cancellationToken);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new TemplateRequest(document.RootElement.Clone())
                : throw new BadFieldException(ApiFault.BadRequest("the body must be a JSON object"));
        }
        catch (JsonException fault)
        {
            throw new BadFieldException(ApiFault.BadRequest($"the body is no JSON: {fault.Message}"));
        }
    }

    /// <summary>An empty request, as a body that is left out means.</summary>
    public static TemplateRequest Empty { get; } = new(JsonDocument.Parse("{}").RootElement.Clone());

    public bool Has(string field) => _body.TryGetProperty(field, out _);

    /// <summary>1–100 characters on one line.</summary>
    public string Name()
    {
        var name = Text("name")?.Trim();
        return name is null or "" ? throw Bad("name", "is required")
            : name.Length > MaxNameLength ? throw Bad("name", $"is longer than {MaxNameLength} characters")
            : name.Any(char.IsControl) ? throw Bad("name", "contains control characters")
            : name;
    }

    /// <summary>Null when absent, null or empty.</summary>
    public string? Subject()
    {
        var subject = Text("subject");
        return subject is { Length: > MaxSubjectLength } ? throw Bad("subject", $"is longer than {MaxSubjectLength} characters") : NullIfEmpty(subject);
    }

    /// <summary><c>html</c> or <c>text</c>.</summary>
    public string? Body(string field)
    {
        var body = Text(field);
        return body is not null && System.Text.Encoding.UTF8.GetByteCount(body) > MaxSourceBytes
            ? throw Bad(field, $"is larger than {MaxSourceBytes} octets")
            : NullIfEmpty(body);
    }

    public bool Flag(string field) => Property(field) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Bad(field, "must be true or false"),
    };

    public int? Number(string field) => Property(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) => number,
        _ => throw Bad(field, "must be a whole number"),
    };

    /// <summary>Declared variables: names and defaults, null for none.</summary>
    public IReadOnlyDictionary<string, string?> Defaults()
    {
        var defaults = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var property in Object("variables"))
        {
            defaults[VariableName(property.Name)] = property.Value.ValueKind == JsonValueKind.Null ? null : Value(property);
            Bounded(defaults.Count);
        }

        return defaults;
    }

    /// <summary>Values to render with.</summary>
    public IReadOnlyDictionary<string, string> Values()
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in Object("variables"))
        {
            values[VariableName(property.Name)] = Value(property);
            Bounded(values.Count);
        }

        return values;
    }

    private static BadFieldException Bad(string field, string problem) => new(ApiFault.BadField(field, problem));

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static string VariableName(string name) =>
        name.Length is 0 or > MaxVariableNameLength ? throw Bad("variables", $"a name must have 1 to {MaxVariableNameLength} characters") : name;

    private static string Value(JsonProperty property)
    {
        var field = $"variables.{property.Name}";
        var value = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : throw Bad(field, "must be a string");
        return value.Length > MaxValueLength ? throw Bad(field, $"is longer than {MaxValueLength} characters") : value;
    }

    private static void Bounded(int count)
    {
        if (count > MaxVariables)
        {
            throw Bad("variables", $"there are more than {MaxVariables}");
        }
    }

    private JsonElement.ObjectEnumerator Object(string field) => Property(field) switch
    {
        null => default,
        { ValueKind: JsonValueKind.Object } value => value.EnumerateObject(),
        _ => throw Bad(field, "must be an object of names and strings"),
    };

    private string? Text(string field) => Property(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw Bad(field, "must be a string"),
    };

    private JsonElement? Property(string field) =>
        _body.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}

/// <summary>A field of a request is not as it must be.</summary>
internal sealed class BadFieldException(ApiFault fault) : Exception(fault.Message)
{
    public ApiFault Fault => fault;
}
