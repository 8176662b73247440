using System.Text.Json;

namespace Relay.Tests.Support;

/// <summary>Compares JSON with a schema of an OpenAPI 3.1 document, as far as such documents use the language.</summary>
/// <remarks>Stricter than the schema in one thing: a member that the schema does not name is a fault, unless it is a dictionary.</remarks>
public sealed class SchemaCheck(JsonElement document)
{
    private static readonly string[] Understood =
        ["$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "format", "pattern", "description", "default", "oneOf", "minimum", "maximum", "maxLength", "minLength"];

    /// <summary>What is wrong, each with its place; empty: nothing.</summary>
    public IReadOnlyList<string> Faults(JsonElement schema, JsonElement value)
    {
        var faults = new List<string>();
        Check(schema, value, "$", faults);
        return faults;
    }

    /// <summary>The schema behind a reference.</summary>
    public JsonElement Resolve(JsonElement schema) =>
        schema.TryGetProperty("$ref", out var reference)
            ? document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1])
            : schema;

    private void Check(JsonElement schema, JsonElement value, string place, List<string> faults)
    {
        schema = Resolve(schema);
        faults.AddRange(schema.EnumerateObject().Where(word => !Understood.Contains(word.Name)).Select(word => $"{place}: the schema's {word.Name} is not understood here"));
        if (schema.TryGetProperty("oneOf", out var choices))
        {
            if (!choices.EnumerateArray().Any(choice => Faults(choice, value).Count == 0))
            {
                faults.Add($"{place}: fits none of {choices}");
            }

            return;
        }

        if (schema.TryGetProperty("type", out var type) && !TypesOf(type).Any(name => IsOf(name, value)))
        {
            faults.Add($"{place}: {value.ValueKind} is not {type}");
        }

        if (schema.TryGetProperty("enum", out var words) && !words.EnumerateArray().Any(word => word.GetRawText() == value.GetRawText()))
        {
            faults.Add($"{place}: {value} is none of {words}");
        }

        if (schema.TryGetProperty("format", out var format) && value.ValueKind == JsonValueKind.String && !IsInFormat(format.GetString()!, value))
        {
            faults.Add($"{place}: '{value}' is no {format}");
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            CheckMembers(schema, value, place, faults);
        }
        else if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            foreach (var (i, item) in value.EnumerateArray().Index())
            {
                Check(items, item, $"{place}[{i}]", faults);
            }
        }
    }

    private void CheckMembers(JsonElement schema, JsonElement value, string place, List<string> faults)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            faults.AddRange(required.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name => $"{place}: {name} is missing"));
        }

        foreach (var member in value.EnumerateObject())
        {
            if (schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(member.Name, out var known))
            {
                Check(known, member.Value, $"{place}.{member.Name}", faults);
            }
            else if (schema.TryGetProperty("additionalProperties", out var others))
            {
                Check(others, member.Value, $"{place}.{member.Name}", faults);
            }
            else
            {
                faults.Add($"{place}: {member.Name} is not in the schema");
            }
        }
    }

    private static IEnumerable<string> TypesOf(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(name => name.GetString()!) : [type.GetString()!];

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => false,
    };

    private static bool IsInFormat(string format, JsonElement value) => format switch
    {
        "date-time" => value.TryGetDateTimeOffset(out _),
        "uuid" => value.TryGetGuid(out _),
        "uri" => Uri.TryCreate(value.GetString(), UriKind.Absolute, out _),
        _ => true,
    };
}
