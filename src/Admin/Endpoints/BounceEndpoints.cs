using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>What the rules say of a reply, of a report, and of the history.</summary>
internal sealed class BounceEndpoints(IEventStore events)
{
    private const int DefaultEvents = 100_000;
    private const int MaxEvents = 10_000_000;
    private const int MaxReportBytes = 1024 * 1024;

    private readonly BounceReplay _replay = new(events);

    public void Map(RouteGroupBuilder group)
    {
        group.MapPost("/bounces/explain", Explain).WithSummary("What a reply is, by which rule")
            .Produces<VerdictAnswer>().ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapPost("/bounces/read", ReadAsync).WithSummary("What a report says, as it would be read; nothing follows from it")
            .Accepts<string>("message/rfc822").WithExample(BounceExamples.Report).Produces<ReportAnswer>().ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/bounces/replay", ReplayAsync).WithSummary("What the present rules would say otherwise of the refusals in the history")
            .Produces<BounceReplayResult>().ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static IResult Explain(ExplainRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Reply) || request.Reply.Length > 4000)
        {
            return Problems.BadRequest("reply: a text of 1 to 4000 characters, such as '550 5.1.1 no such user'");
        }

        var step = request.Step is null ? null : ReportEvidence.StepNamed(request.Step);
        return request.Step is not null && step is null
            ? Problems.BadRequest($"step: '{request.Step}' is none of: {string.Join(", ", ReportEvidence.StepWords)}")
            : TypedResults.Ok(VerdictAnswer.Of(BounceClassifier.Shipped.Classify(ReportEvidence.OfReply(request.Reply, step, request.Host))));
    }

    private static async Task<IResult> ReadAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content, cancellationToken);
        return content.Length is 0 or > MaxReportBytes
            ? Problems.BadRequest("a message of at most 1 MiB is expected as body")
            : TypedResults.Ok(ReportAnswer.Of(ReportReader.Read(content.ToArray())));
    }

    private async Task<IResult> ReplayAsync(DateTimeOffset? since, int? limit, CancellationToken cancellationToken) =>
        limit is < 1 or > MaxEvents
            ? Problems.BadRequest($"limit: a number from 1 to {MaxEvents}")
            : TypedResults.Ok(await _replay.RunAsync(since, limit ?? DefaultEvents, cancellationToken));
}

/// <param name="Step">recipient, finalDot…; as events name it.</param>
internal sealed record ExplainRequest(string? Reply, string? Step, string? Host);

internal sealed record VerdictAnswer(string Class, string Subclass, string Fault, bool IsHard, string Rule, string Matched)
{
    public static VerdictAnswer Of(BounceVerdict verdict) =>
        new(verdict.Class, verdict.Subclass, Words.Of(verdict.Fault), verdict.IsHard, verdict.Rule, verdict.Matched);
}

/// <param name="Kind">none, delivery, feedback, autoReply, unsubscribe, dmarcAggregate, tlsReport.</param>
internal sealed record ReportAnswer(
    string Kind, string Source, string? FeedbackType, string? OriginalMessageId, string? OriginalEnvelopeId, IReadOnlyList<ReportedAnswer> Recipients)
{
    public static ReportAnswer Of(IncomingReport report) => new(
        Words.Of(report.Kind),
        Words.Of(report.Source),
        report.FeedbackType,
        report.OriginalMessageId,
        report.OriginalEnvelopeId,
        [.. ReportEvidence.Of(report).Select(reported => ReportedAnswer.Of(reported, report.Kind))]);
}

/// <param name="Verdict">Null where nothing failed.</param>
internal sealed record ReportedAnswer(
    string? Recipient, string? OriginalRecipient, string Action, int? ReplyCode, string? EnhancedCode, string Text, VerdictAnswer? Verdict)
{
    public static ReportedAnswer Of(ReportedRecipient reported, ReportKind kind) => new(
        reported.Recipient,
        reported.OriginalRecipient,
        reported.Action,
        reported.Facts.ReplyCode,
        reported.Facts.Enhanced?.ToString(),
        reported.Facts.Text,
        kind == ReportKind.Delivery && reported.Action is "failed" or "delayed" ? VerdictAnswer.Of(BounceClassifier.Shipped.Classify(reported.Facts)) : null);
}
