using Microsoft.AspNetCore.Http;

namespace Relay.Platform;

/// <summary>Why the API refuses a request, in the shape its clients read: <c>{"error": {"code", "message"}}</c>.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Stable word for programs, such as <c>BAD_REQUEST</c>.</param>
/// <param name="Message">A sentence for the developer on the other side; names the field concerned.</param>
public sealed record ApiFault(int Status, string Code, string Message) : IResult
{
    /// <summary>Sent as Retry-After (RFC 9110 §10.2.3), whole seconds.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Faults of single items of a batch; null when it is not about items.</summary>
    public IReadOnlyList<ItemFault>? Items { get; init; }

    /// <summary>Rules of large receivers that the message breaks; null when it is about something else.</summary>
    public IReadOnlyList<RuleFault>? Findings { get; init; }

    /// <summary>Some operations of the reference answer <c>{"error": "text"}</c>; true for those.</summary>
    public bool IsPlain { get; init; }

    /// <summary>More response headers; null when there are none.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <param name="field">Name as the client wrote it, with index where there is one, for example <c>to[2]</c>.</param>
    public static ApiFault BadField(string field, string problem) => BadRequest($"{field}: {problem}");

    public static ApiFault BadRequest(string message) => new(StatusCodes.Status400BadRequest, "BAD_REQUEST", message);

    public static ApiFault Unauthorized(string message) => new(StatusCodes.Status401Unauthorized, "UNAUTHORIZED", message);

    public static ApiFault Forbidden(string message) => new(StatusCodes.Status403Forbidden, "FORBIDDEN", message);

    public static ApiFault NotFound(string message) => new(StatusCodes.Status404NotFound, "NOT_FOUND", message);

    public static ApiFault NotUnique(string message) => new(StatusCodes.Status409Conflict, "NOT_UNIQUE", message);

    public static ApiFault Conflict(string message) => new(StatusCodes.Status409Conflict, "CONFLICT", message);

    public static ApiFault TooLarge(string message) => new(StatusCodes.Status413PayloadTooLarge, "PAYLOAD_TOO_LARGE", message);

    public static ApiFault Unprocessable(string message) => new(StatusCodes.Status422UnprocessableEntity, "UNPROCESSABLE", message);

    public static ApiFault RateLimited(string message, TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, "RATE_LIMITED", message) { RetryAfter = retryAfter };

    public static ApiFault Unavailable(string message, TimeSpan retryAfter) =>
        new(StatusCodes.Status503ServiceUnavailable, "SERVICE_UNAVAILABLE", message) { RetryAfter = retryAfter };

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Status;
        if (RetryAfter is { } wait)
        {
            httpContext.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString("0", System.Globalization.CultureInfo.InvariantCulture);
        }

        foreach (var (name, value) in Headers ?? new Dictionary<string, string>())
        {
            httpContext.Response.Headers[name] = value;
        }

        return IsPlain
            ? httpContext.Response.WriteAsJsonAsync(new { error = Message }, httpContext.RequestAborted)
            : httpContext.Response.WriteAsJsonAsync(new { error = Shape() }, httpContext.RequestAborted);
    }

    private object Shape() => Findings is not null ? new { code = Code, message = Message, findings = Findings }
        : Items is null
        ? new { code = Code, message = Message }
        : new { code = Code, message = Message, items = Items };
}

/// <param name="Index">Position in the batch, from 0.</param>
public sealed record ItemFault(int Index, string Message);

/// <param name="Rule">Stable word, see docs/compliance.md.</param>
/// <param name="Receivers">Who enforces it.</param>
public sealed record RuleFault(string Rule, string Found, IReadOnlyList<string> Receivers, string Source, string Remedy)
{
    public static RuleFault Of(Relay.Queue.ComplianceFinding finding) =>
        new(finding.Rule.Id, finding.Found, finding.Rule.Receivers, finding.Rule.Source, finding.Rule.Remedy);
}
