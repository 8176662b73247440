using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Platform.Jobs;
using Relay.Platform.Privacy;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Backups, and the background jobs of operators.</summary>
internal sealed class BackupEndpoints(IBackup backup, IServerStatus server, JobService jobs, JobFiles files, IAuditStore audit, TimeProvider time)
{
    public void Map(RouteGroupBuilder group)
    {
        group.MapPost("/backups", CreateAsync).WithSummary("Copy everything durable into a folder of the server's machine, in the background; without a running server at once")
            .Produces<OperatorJobAnswer>(StatusCodes.Status202Accepted).Produces<BackupReport>().ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict).RequiresRole(AdminRole.Admin);
        group.MapGet("/jobs", ListAsync).WithSummary("Background jobs of operators, newest first").Produces<OperatorJobPage>()
            .ProducesProblem(StatusCodes.Status400BadRequest).RequiresRole(AdminRole.Operate);
        group.MapGet("/jobs/{id}", FindAsync).WithSummary("How far a job is").Produces<OperatorJobAnswer>()
            .ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
        group.MapGet("/jobs/{id}/file", FileAsync).WithSummary("What a job made").Produces(StatusCodes.Status200OK)
            .ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapDelete("/jobs/{id}", RemoveAsync).WithSummary("Break a job off, or delete it with its file").Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
    }

    private async Task<IResult> CreateAsync(BackupRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        if (request.Folder is not { Length: > 0 } folder || !Path.IsPathFullyQualified(folder))
        {
            return Problems.BadRequest("folder: an absolute path on the server's machine");
        }

        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            return Problems.Conflict($"{folder} is not empty");
        }

        var actor = AdminActor.Audit(context);
        await audit.AppendAsync(actor, time, "backup.create", folder, cancellationToken);
        if (!server.IsServing)
        {
            return await CreateNowAsync(request, cancellationToken);
        }

        return await jobs.AddAsync(PrivacyService.OperatorAccount, BackupJob.KindName, request, actor.Name, cancellationToken) is { } job
            ? TypedResults.Accepted($"/admin/v1/jobs/{job.Id}", OperatorJobAnswer.Of(job))
            : Problems.Conflict($"there are {JobService.MaxPerAccount} jobs already: wait until they expire, or delete some");
    }

    private async Task<IResult> CreateNowAsync(BackupRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return TypedResults.Ok(await backup.CreateAsync(request.Folder!, request.WithKeys, null, cancellationToken));
        }
        catch (BackupException trouble)
        {
            return Problems.Conflict(trouble.Message);
        }
    }

    private async Task<IResult> ListAsync(Guid? before, int? limit, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 100)
        {
            return Problems.BadRequest("limit: a number from 1 to 100");
        }

        var found = await jobs.ListAsync(PrivacyService.OperatorAccount, before, limit ?? 20, cancellationToken);
        return TypedResults.Ok(new OperatorJobPage([.. found.Select(OperatorJobAnswer.Of)], found.Count == (limit ?? 20) ? found[^1].Id.ToString() : null));
    }

    private async Task<IResult> FindAsync(Guid id, CancellationToken cancellationToken) =>
        await jobs.FindAsync(PrivacyService.OperatorAccount, id, cancellationToken) is { } job ? TypedResults.Ok(OperatorJobAnswer.Of(job)) : Unknown();

    private async Task<IResult> FileAsync(Guid id, CancellationToken cancellationToken) =>
        await jobs.FindAsync(PrivacyService.OperatorAccount, id, cancellationToken) is { Status: JobStatus.Succeeded } job && files.Open(job.Id) is { } file
            ? TypedResults.Stream(file, job.ContentType, job.FileName)
            : Unknown();

    private async Task<IResult> RemoveAsync(Guid id, CancellationToken cancellationToken) =>
        await jobs.RemoveAsync(PrivacyService.OperatorAccount, id, cancellationToken) ? TypedResults.NoContent() : Unknown();

    private static Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult Unknown() => Problems.NotFound("there is no such job, or it has no file");
}

/// <param name="WithKeys">Also key ring and certificates.</param>
internal sealed record BackupRequest(string? Folder, bool WithKeys = false);

internal sealed record OperatorJobPage(IReadOnlyList<OperatorJobAnswer> Entries, string? Next);

internal sealed record OperatorJobAnswer(
    string Id, string Kind, string Status, string Actor, int Progress, long Processed, string? Error, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt, DateTimeOffset? ExpiresAt)
{
    public static OperatorJobAnswer Of(Job job) => new(
        job.Id.ToString(), job.Kind, Words.Of(job.Status), job.Actor, job.Progress, job.Processed, job.Error, job.CreatedAt, job.FinishedAt, job.ExpiresAt);
}
