using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Relay.Admin;

/// <summary>Error answers of the admin API (RFC 9457).</summary>
internal static class Problems
{
    // The framework's sentence begins: Failed to bind parameter "bool active" from …
    private static readonly Regex Parameter = new(@"parameter ""[^""]* (\w+)""", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    public static ProblemHttpResult BadRequest(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest, title: "The request cannot be understood");

    public static ProblemHttpResult NotFound(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status404NotFound, title: "Not found");

    public static ProblemHttpResult Conflict(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status409Conflict, title: "Already there");

    /// <summary>Says of a request that the framework could not read which member or parameter was the matter.</summary>
    public static void Explain(ProblemDetailsContext context)
    {
        if (context.Exception is BadHttpRequestException refused)
        {
            context.ProblemDetails.Detail ??= DetailOf(refused);
        }
    }

    private static string? DetailOf(BadHttpRequestException refused) => refused.InnerException switch
    {
        JsonException { Path: { Length: > 2 } path } => $"{path[2..]}: the value cannot be understood",
        JsonException => "the body is no valid JSON",
        _ when Parameter.Match(refused.Message) is { Success: true } parameter => $"{parameter.Groups[1].Value}: the value cannot be understood",
        _ => null,
    };
}
