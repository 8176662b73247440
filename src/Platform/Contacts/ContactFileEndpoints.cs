using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Platform.Jobs;

namespace Relay.Platform.Contacts;

/// <summary>Imports and exports of a book, in the background.</summary>
internal sealed class ContactFileEndpoints(IContactStore store, IContactImportStore imports, ImportUpload upload, JobService jobs, JobFiles files)
{
    public void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/contactBooks/{contactBookId}");
        group.WithTags("Contacts");
        group.MapPost("/imports", (Delegate)ImportAsync).Needs(ApiScope.Full)
            .WithSummary("Read a CSV file into the book, in the background; the job's file tells which rows were refused").Produces<JobAnswer>(StatusCodes.Status202Accepted);
        group.MapGet("/imports/{jobId}", ShowAsync).Needs(ApiScope.ReadPeople).WithSummary("How far an import is").Produces<ImportAnswer>();
        group.MapPost("/exports", (Delegate)ExportAsync).Needs(ApiScope.Full)
            .WithSummary("Write the book's contacts into a CSV file, in the background; takes the filters of the listing").Produces<JobAnswer>(StatusCodes.Status202Accepted);
    }

    private async Task<IResult> ImportAsync(HttpContext context)
    {
        if (await ContactBookEndpoints.FindAsync(context, store) is not { } book)
        {
            return ContactFaults.NoBook();
        }

        var caller = ApiCaller.Of(context);
        var id = jobs.NewId();
        if ((await upload.ReceiveAsync(context, caller.AccountId, id)).Failed(out var fault, out var received))
        {
            return fault;
        }

        Job? job = null;
        try
        {
            await using (var file = files.OpenInput(caller.AccountId, id)!)
            {
                if ((await ImportHead.ReadAsync(book, file, received, context.Request.Query, context.RequestAborted)).Failed(out fault, out var request))
                {
                    return fault;
                }

                job = await jobs.AddAsync(id, caller.AccountId, ContactImport.KindName, request, caller.Actor, context.RequestAborted);
            }

            return Accepted(job);
        }
        finally
        {
            if (job is null)
            {
                files.DeleteInput(id);
            }
        }
    }

    private async Task<IResult> ShowAsync(HttpContext context, string jobId)
    {
        var caller = ApiCaller.Of(context);
        if (await ContactBookEndpoints.FindAsync(context, store) is not { } book)
        {
            return ContactFaults.NoBook();
        }

        var job = Guid.TryParse(jobId, out var id) ? await jobs.FindAsync(caller.AccountId, id, context.RequestAborted) : null;
        if (job is not { Kind: ContactImport.KindName } || job.RequestAs<ImportRequest>().BookId != book.Id)
        {
            return ApiFault.NotFound("there is no such import");
        }

        return ApiJson.Answer(ImportAnswer.Of(job, await imports.FindAsync(caller.AccountId, id, context.RequestAborted)));
    }

    private async Task<IResult> ExportAsync(HttpContext context)
    {
        if (await ContactBookEndpoints.FindAsync(context, store) is not { } book)
        {
            return ContactFaults.NoBook();
        }

        var faults = new FieldFaults();
        var filter = ContactPageQuery.ReadFilter(context.Request.Query, faults);
        if (faults.First is { } fault)
        {
            return fault;
        }

        var caller = ApiCaller.Of(context);
        var request = new ExportRequest(book.Id, $"contacts-{book.Uid:N}.csv", filter);
        return Accepted(await jobs.AddAsync(caller.AccountId, ContactExport.KindName, request, caller.Actor, context.RequestAborted));
    }

    private static IResult Accepted(Job? job) =>
        job is null ? JobEndpoints.TooMany() : TypedResults.Accepted($"{PlatformEndpoints.ApiBase}/jobs/{job.Id}", JobAnswer.Of(job));
}

/// <summary>An import as clients see it.</summary>
/// <param name="Progress">0–100.</param>
/// <param name="Columns">What each column of the file was taken for.</param>
internal sealed record ImportAnswer(
    string Id, string Status, int Progress, long Rows, long Created, long Updated, long Failed, string? Error, IReadOnlyList<string> Columns, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt)
{
    public static ImportAnswer Of(Job job, ImportProgress? progress) => new(
        job.Id.ToString(),
        job.Status.ToString().ToLowerInvariant(),
        job.Progress,
        progress?.Rows ?? 0,
        progress?.Created ?? 0,
        progress?.Updated ?? 0,
        progress?.Failed ?? 0,
        job.Error,
        job.RequestAs<ImportRequest>().Columns,
        job.CreatedAt,
        job.FinishedAt);
}
