using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>The suppression list as a CSV file, out and in; read and written row by row, so that its length does not matter.</summary>
internal sealed class SuppressionTransferEndpoints(ISuppressionStore suppressions, AccountService accounts, IAuditStore audit, TimeProvider time)
{
    private const long MaxBodyBytes = 1L << 30;

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/suppressions.csv", ExportAsync).WithSummary("The list as CSV")
            .Produces<string>(StatusCodes.Status200OK, "text/csv").WithExample(answer: BounceExamples.Csv).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/suppressions.csv", ImportAsync).WithSummary("Add the rows of a CSV file; only the column address is needed")
            .Accepts<string>("text/csv").WithExample(BounceExamples.CsvToImport).Produces<SuppressionImportAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).RequiresRole(AdminRole.Operate);
    }

    private async Task<IResult> ExportAsync(string? account, CancellationToken cancellationToken)
    {
        var name = account ?? Account.Default.Name;
        return await accounts.FindByNameAsync(name, cancellationToken) is { } owner
            ? TypedResults.Stream(stream => SuppressionFile.WriteAsync(suppressions, owner.Id, stream, cancellationToken), "text/csv; charset=utf-8", "suppressions.csv")
            : Problems.NotFound($"there is no account {name}");
    }

    private async Task<IResult> ImportAsync(HttpContext context, string? account, CancellationToken cancellationToken)
    {
        var name = account ?? Account.Default.Name;
        if (await accounts.FindByNameAsync(name, cancellationToken) is not { } owner)
        {
            return Problems.NotFound($"there is no account {name}");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxBodyBytes;
        }

        var import = new SuppressionImport(suppressions, owner.Id, time);
        var problem = await import.RunAsync(context.Request.Body, cancellationToken);
        var actor = AdminActor.Of(context);
        await audit.AppendAsync(
            new AuditEntry { At = time.GetUtcNow(), Actor = actor.Name, From = actor.Address, Action = "suppression.import", Target = name, AffectedCount = import.Changed },
            cancellationToken);
        return problem is null
            ? TypedResults.Ok(new SuppressionImportAnswer(import.Read, import.Changed, import.Refused, import.Problems))
            : Problems.BadRequest($"{problem}; {import.Changed} entries before it were added");
    }
}

/// <param name="Changed">Entries that were added or replaced; equal ones stood already.</param>
/// <param name="Refused">Rows that hold no address, or are otherwise at fault.</param>
/// <param name="Problems">The first hundred of them.</param>
internal sealed record SuppressionImportAnswer(int Read, int Changed, int Refused, IReadOnlyList<string> Problems);
