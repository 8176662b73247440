using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Relay.Admin;

/// <summary>What the framework could not read of a request, as a sentence that names the member or parameter.</summary>
internal static partial class BindingProblem
{
    public static string SentenceOf(BadHttpRequestException refused) => refused switch
    {
        { InnerException: JsonException json } => SentenceOf(json),
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => "the request body is larger than this server takes",
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => "send the body as application/json",
        _ when UnreadValue().Match(refused.Message) is { Success: true } value => $"{value.Groups["name"].Value}: '{value.Groups["value"].Value}' is not {KindOf(value.Groups["type"].Value)}",
        _ when Missing().Match(refused.Message) is { Success: true } missing => $"{missing.Groups["name"].Value} is missing",
        _ when refused.Message.Contains("no body was provided", StringComparison.Ordinal) => "a body of JSON is missing",
        _ => refused.Message,
    };

    private static string SentenceOf(JsonException json)
    {
        if (UnknownMember().Match(json.Message) is { Success: true } unknown)
        {
            return $"{unknown.Groups["name"].Value}: this member is not known here";
        }

        // Text that is no JSON is told by the reader, whose exception is inside.
        return json is { InnerException: not JsonException, Path: { Length: > 2 } path } ? $"{path[2..]}: the value cannot be understood" : "the body is no valid JSON";
    }

    private static string KindOf(string type) => type.Replace("Nullable<", string.Empty, StringComparison.Ordinal).TrimEnd('>', '?') switch
    {
        "int" or "long" => "a whole number",
        "bool" => "true or false",
        "Guid" => "an id such as 01234567-89ab-cdef-0123-456789abcdef",
        "DateTimeOffset" => "a time such as 2027-01-31T00:00:00Z",
        _ => "understood",
    };

    // The framework says it in words only.
    [GeneratedRegex("""^The JSON property '(?<name>.*)' could not be mapped to any \.NET member""")]
    private static partial Regex UnknownMember();

    [GeneratedRegex("""^Failed to bind parameter "(?<type>\S+) (?<name>\w+)" from "(?<value>.*)"\.$""", RegexOptions.Singleline)]
    private static partial Regex UnreadValue();

    [GeneratedRegex("""^Required parameter "\S+ (?<name>\w+)" was not provided""")]
    private static partial Regex Missing();
}
