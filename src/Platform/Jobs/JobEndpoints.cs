using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Relay.Platform.Jobs;

/// <summary>Background jobs of the caller's account.</summary>
internal sealed class JobEndpoints(JobService jobs, JobFiles files)
{
    private const int DefaultLimit = 20;

    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/jobs", ListAsync).WithTags("Jobs").WithSummary("Jobs, newest first").Produces<JobPage>().Needs(ApiScope.Read);
        api.MapGet("/jobs/{id}", FindAsync).WithTags("Jobs").WithSummary("One job").Produces<JobAnswer>().Needs(ApiScope.Read);
        api.MapGet("/jobs/{id}/file", FileAsync).WithTags("Jobs").WithSummary("The result of a job that succeeded").Produces(StatusCodes.Status200OK).Needs(ApiScope.Full);
        api.MapDelete("/jobs/{id}", RemoveAsync).WithTags("Jobs").WithSummary("Break a job off, or delete it with its file").Produces<JobRemoved>().Needs(ApiScope.Full);
    }

    internal static ApiFault TooMany() =>
        ApiFault.RateLimited($"the account has {JobService.MaxPerAccount} jobs already: wait until they expire, or delete some", TimeSpan.FromMinutes(1));

    private async Task<IResult> ListAsync(HttpContext context, string? limit, string? before)
    {
        var count = DefaultLimit;
        if (limit is not null && (!int.TryParse(limit, out count) || count is < 1 or > JobService.MaxPerAccount))
        {
            return ApiFault.BadField("limit", $"must be a number from 1 to {JobService.MaxPerAccount}");
        }

        Guid id = default;
        if (before is not null && !Guid.TryParse(before, out id))
        {
            return ApiFault.BadField("before", "must be the id of a job");
        }

        var found = await jobs.ListAsync(ApiCaller.Of(context).AccountId, before is null ? null : id, count, context.RequestAborted);
        return TypedResults.Ok(new JobPage([.. found.Select(JobAnswer.Of)]));
    }

    private async Task<IResult> FindAsync(HttpContext context, string id) =>
        await FindJobAsync(context, id) is { } job ? TypedResults.Ok(JobAnswer.Of(job)) : Unknown();

    private async Task<IResult> FileAsync(HttpContext context, string id)
    {
        if (await FindJobAsync(context, id) is not { } job)
        {
            return Unknown();
        }

        if (job.Status != JobStatus.Succeeded || job.FileName is null)
        {
            return ApiFault.Conflict($"the job has no file: it is {job.Status.ToString().ToLowerInvariant()}");
        }

        return files.Open(job.Id) is { } file ? TypedResults.Stream(file, job.ContentType, job.FileName) : Unknown();
    }

    private async Task<IResult> RemoveAsync(HttpContext context, string id) =>
        Guid.TryParse(id, out var guid) && await jobs.RemoveAsync(ApiCaller.Of(context).AccountId, guid, context.RequestAborted)
            ? TypedResults.Ok(new JobRemoved(guid.ToString(), true))
            : Unknown();

    private async ValueTask<Job?> FindJobAsync(HttpContext context, string id) =>
        Guid.TryParse(id, out var guid) ? await jobs.FindAsync(ApiCaller.Of(context).AccountId, guid, context.RequestAborted) : null;

    private static ApiFault Unknown() => ApiFault.NotFound("there is no such job");
}

/// <summary>A job as clients see it.</summary>
internal sealed record JobAnswer(
    string Id, string Kind, string Status, int Progress, long Processed, string? Error, string CreatedAt, string? StartedAt, string? FinishedAt, string? ExpiresAt, JobFileAnswer? File)
{
    public static JobAnswer Of(Job job) => new(
        job.Id.ToString(),
        job.Kind,
        job.Status.ToString().ToLowerInvariant(),
        job.Progress,
        job.Processed,
        job.Error,
        ApiTime.Write(job.CreatedAt),
        job.StartedAt is { } started ? ApiTime.Write(started) : null,
        job.FinishedAt is { } finished ? ApiTime.Write(finished) : null,
        job.ExpiresAt is { } expires ? ApiTime.Write(expires) : null,
        job.FileName is null ? null : new JobFileAnswer(job.FileName, job.ContentType!, job.FileBytes ?? 0));
}

internal sealed record JobFileAnswer(string Name, string ContentType, long SizeBytes);

internal sealed record JobPage(IReadOnlyList<JobAnswer> Data);

internal sealed record JobRemoved(string Id, bool Success);
