using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Relay.Admin;

/// <summary>Error answers of the admin API (RFC 9457).</summary>
internal static class Problems
{
    public static ProblemHttpResult BadRequest(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest, title: "The request cannot be understood");

    /// <summary>What was given breaks a rule; the sentence without the name that only programs know.</summary>
    public static ProblemHttpResult BadRequest(ArgumentException fault) =>
        BadRequest(fault.ParamName is { } name ? fault.Message.Replace($" (Parameter '{name}')", string.Empty, StringComparison.Ordinal) : fault.Message);

    public static ProblemHttpResult NotFound(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status404NotFound, title: "Not found");

    public static ProblemHttpResult Conflict(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status409Conflict, title: "Already there");

    /// <summary>Says of a request that the framework could not read which member or parameter was the matter.</summary>
    public static void Explain(ProblemDetailsContext context)
    {
        if (context.Exception is BadHttpRequestException refused)
        {
            context.ProblemDetails.Title = "The request cannot be understood";
            context.ProblemDetails.Detail ??= BindingProblem.SentenceOf(refused);
        }
    }
}
