using System.Globalization;
using System.Text.Json.Nodes;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>The reference API's own description, and whether an answer is what it promises.</summary>
internal sealed class ReferenceSpec
{
    private readonly JsonNode _document = JsonNode.Parse(File.ReadAllText(TestData.Path("api-usesend", "openapi.json")))!;

    /// <summary>Every operation as <c>GET /v1/emails</c>, in the order of the document.</summary>
    public IEnumerable<string> Operations =>
        from path in _document["paths"]!.AsObject()
        from method in path.Value!.AsObject()
        select $"{method.Key.ToUpperInvariant()} {path.Key}";

    /// <summary>Statuses the description names beside success.</summary>
    public IEnumerable<int> DocumentedErrors(string operation) =>
        Find(operation)["responses"]!.AsObject().Select(response => int.Parse(response.Key, CultureInfo.InvariantCulture)).Where(status => status >= 400);

    /// <summary>What is wrong with an answer; empty when it is as described.</summary>
    public IReadOnlyList<string> Faults(string operation, int status, JsonNode? body)
    {
        var response = Find(operation)["responses"]![status.ToString(CultureInfo.InvariantCulture)];
        if (response is null)
        {
            return [$"{operation} answered {status}, which the reference does not name: {body?.ToJsonString()}"];
        }

        var schema = response["content"]?["application/json"]?["schema"];
        return schema is null ? [] : [.. Check(schema, body, "$")];
    }

    private JsonNode Find(string operation)
    {
        var (method, path) = operation.Split(' ') is [var first, var second] ? (first, second) : throw new ArgumentException(operation);
        return _document["paths"]![path]![method.ToLowerInvariant()]!;
    }

    private static IEnumerable<string> Check(JsonNode schema, JsonNode? value, string at)
    {
        if (schema["anyOf"] is JsonArray choices)
        {
            return choices.Any(choice => !Check(choice!, value, at).Any()) ? [] : [$"{at}: none of the allowed shapes: {value?.ToJsonString()}"];
        }

        if (value is null)
        {
            var mayBeNull = schema["nullable"]?.GetValue<bool>() == true || schema["type"] is null;
            return mayBeNull ? [] : [$"{at}: null"];
        }

        return schema["type"]?.GetValue<string>() switch
        {
            "object" => CheckObject(schema, value, at),
            "array" => CheckArray(schema, value, at),
            "string" => CheckText(schema, value, at),
            "number" or "integer" => IsKind(value, System.Text.Json.JsonValueKind.Number) ? [] : [$"{at}: no number: {value.ToJsonString()}"],
            "boolean" => IsKind(value, System.Text.Json.JsonValueKind.True) || IsKind(value, System.Text.Json.JsonValueKind.False) ? [] : [$"{at}: no boolean"],
            _ => [],
        };
    }

    private static IEnumerable<string> CheckObject(JsonNode schema, JsonNode value, string at)
    {
        if (value is not JsonObject members)
        {
            return [$"{at}: no object: {value.ToJsonString()}"];
        }

        var missing = (schema["required"]?.AsArray() ?? []).Select(name => name!.GetValue<string>()).Where(name => !members.ContainsKey(name)).Select(name => $"{at}.{name}: missing");
        var wrong = from property in schema["properties"]?.AsObject() ?? []
                    where members.ContainsKey(property.Key)
                    from fault in Check(property.Value!, members[property.Key], $"{at}.{property.Key}")
                    select fault;
        return missing.Concat(wrong);
    }

    private static IEnumerable<string> CheckArray(JsonNode schema, JsonNode value, string at) => value is JsonArray items
        ? items.SelectMany((item, index) => Check(schema["items"]!, item, $"{at}[{index}]"))
        : [$"{at}: no array: {value.ToJsonString()}"];

    private static IEnumerable<string> CheckText(JsonNode schema, JsonNode value, string at)
    {
        if (!IsKind(value, System.Text.Json.JsonValueKind.String))
        {
            yield return $"{at}: no text: {value.ToJsonString()}";
            yield break;
        }

        var text = value.GetValue<string>();
        if (schema["enum"] is JsonArray words && !words.Any(word => word?.GetValue<string>() == text))
        {
            yield return $"{at}: '{text}' is none of {words.ToJsonString()}";
        }

        if (schema["format"]?.GetValue<string>() == "date-time"
            && !DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss.fffK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _))
        {
            yield return $"{at}: '{text}' is no date-time";
        }

        if (schema["minLength"]?.GetValue<int>() > text.Length)
        {
            yield return $"{at}: '{text}' is too short";
        }
    }

    private static bool IsKind(JsonNode value, System.Text.Json.JsonValueKind kind) => value.GetValueKind() == kind;
}
