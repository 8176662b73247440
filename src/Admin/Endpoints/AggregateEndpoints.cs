using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>What receivers report about our domains (DMARC) and senders about our TLS.</summary>
internal sealed class AggregateEndpoints(IAggregateReportStore store)
{
    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/reports", ListAsync).WithSummary("Aggregate reports that came in, newest first; of one domain or all")
            .Produces<AggregatePage>().ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/reports/{id}", FindAsync).WithSummary("One of them with its rows")
            .Produces<AggregateAnswer>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private async Task<IResult> ListAsync(string? domain, string? kind, long? before, int? limit, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 500)
        {
            return Problems.BadRequest("limit: a number from 1 to 500");
        }

        if (kind is not (null or "dmarc" or "tls"))
        {
            return Problems.BadRequest($"kind: dmarc or tls, not '{kind}'");
        }

        ReportKind? only = kind is null ? null : kind == "tls" ? ReportKind.TlsReport : ReportKind.DmarcAggregate;
        var page = await store.ListAsync(domain?.ToLowerInvariant(), only, before, limit ?? 50, cancellationToken);
        return TypedResults.Ok(new AggregatePage([.. page.Select(AggregateAnswer.Of)], page.Count == (limit ?? 50) ? page[^1].Id : null));
    }

    private async Task<IResult> FindAsync(long id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } found
            ? TypedResults.Ok(AggregateAnswer.Of(found))
            : Problems.NotFound($"there is no report {id}");
}

/// <param name="Rows">Of one report that was asked for; empty in lists.</param>
internal sealed record AggregateAnswer(
    long Id,
    string Kind,
    string Domain,
    string Reporter,
    string ReportId,
    DateTimeOffset Begins,
    DateTimeOffset Ends,
    DateTimeOffset ReceivedAt,
    long Total,
    long Passed,
    IReadOnlyList<AggregateRow> Rows)
{
    public static AggregateAnswer Of(StoredAggregate stored) => new(
        stored.Id,
        stored.Report.Kind == ReportKind.TlsReport ? "tls" : "dmarc",
        stored.Report.Domain,
        stored.Report.Reporter,
        stored.Report.ReportId,
        stored.Report.Begins,
        stored.Report.Ends,
        stored.ReceivedAt,
        stored.Report.Total,
        stored.Report.Passed,
        stored.Report.Rows);
}

/// <param name="Next">Give it as <c>before</c> for the page that follows; null on the last.</param>
internal sealed record AggregatePage(IReadOnlyList<AggregateAnswer> Entries, long? Next);
