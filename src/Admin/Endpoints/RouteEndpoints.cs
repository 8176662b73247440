using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>How a message would go, and why.</summary>
internal sealed class RouteEndpoints(IRouteExplainer explainer)
{
    public void Map(RouteGroupBuilder group) => group.MapGet("/routes/explain", ExplainAsync)
        .WithSummary("Which rule and route a message would take, with hosts, addresses, sources, limits and TLS")
        .Produces<RouteAnswer>().ProducesProblem(StatusCodes.Status400BadRequest);

    /// <param name="from">Empty: a null reverse-path.</param>
    private async Task<IResult> ExplainAsync(
        string to, string? from, string? user, string[]? tag, long? account, string? stream, CancellationToken cancellationToken)
    {
        if (!Mailbox.TryParse(to, out var recipient))
        {
            return Problems.BadRequest($"to: '{to}' is not an address");
        }

        Mailbox? sender = null;
        if (!string.IsNullOrEmpty(from) && !Mailbox.TryParse(from, out sender))
        {
            return Problems.BadRequest($"from: '{from}' is not an address");
        }

        if (!Words.TryParseList<MailStream>(stream ?? string.Empty, out var streams, out var unknown) || streams.Count > 1)
        {
            return Problems.BadRequest($"stream: {(unknown.Length > 0 ? unknown : "one is enough")}");
        }

        var question = new RouteQuestion(recipient, sender, user, tag ?? [], account ?? 1, streams is [var one] ? one : MailStream.Transactional);
        return TypedResults.Ok(RouteAnswer.Of(await explainer.ExplainAsync(question, cancellationToken)));
    }
}

/// <param name="Failure">Why there is no way to go; null when there is one.</param>
/// <param name="DialOrder">One order of many where hosts are equally preferred.</param>
internal sealed record RouteAnswer(
    string QueueKey,
    IReadOnlyList<RuleExplanation> Rules,
    string Kind,
    string Decision,
    string? Failure,
    string? FailureStatus,
    string Site,
    IReadOnlyList<HostExplanation> Hosts,
    IReadOnlyList<string> DialOrder,
    string? Pool,
    IReadOnlyList<SourceExplanation> Sources,
    IReadOnlyList<LimitExplanation> Limits,
    PresetExplanation? Preset,
    string? Tls,
    string? TlsOrigin,
    string? Login,
    string? Fallback,
    int? FallbackAfter)
{
    public static RouteAnswer Of(RouteExplanation route) => new(
        route.QueueKey,
        route.Rules,
        Words.Of(route.Kind),
        route.Decision,
        route.Failure,
        route.FailureStatus,
        route.Site,
        route.Hosts,
        route.DialOrder,
        route.Pool,
        route.Sources,
        route.Limits,
        route.Preset,
        route.Tls,
        route.TlsOrigin,
        route.Login,
        route.Fallback,
        route.FallbackAfter);
}
