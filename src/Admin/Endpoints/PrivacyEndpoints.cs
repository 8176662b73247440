using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Relay.Mail;
using Relay.Platform.Jobs;
using Relay.Platform.Privacy;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Erasure and export by address over one account or all.</summary>
internal sealed class PrivacyEndpoints
{
    private readonly PrivacyService _privacy;
    private readonly JobService _jobs;
    private readonly JobFiles _files;
    private readonly IAccountStore _accounts;

    public PrivacyEndpoints(PrivacyService privacy, JobService jobs, JobFiles files, IAccountStore accounts)
    {
        _privacy = privacy;
        _jobs = jobs;
        _files = files;
        _accounts = accounts;
    }

    private delegate ValueTask<Job?> Add(Mailbox address, long owner, long? accountId, AuditActor actor, CancellationToken cancellationToken);

    public void Map(RouteGroupBuilder group)
    {
        group.MapPost("/privacy/erasures", EraseAsync).WithSummary("Erase an address, in the background; the job's file is the receipt").WithExample(answer: SenderExamples.Erasure)
            .Produces<PrivacyJobAnswer>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict).RequiresRole(AdminRole.Admin);
        group.MapPost("/privacy/exports", ExportAsync).WithSummary("Write everything known of an address into a JSON file, in the background").WithExample(answer: SenderExamples.Export)
            .Produces<PrivacyJobAnswer>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict).RequiresRole(AdminRole.Admin);
        group.MapGet("/privacy/jobs/{id}", FindAsync).WithSummary("How far such a job is").WithExample(answer: SenderExamples.Erasure)
            .Produces<PrivacyJobAnswer>().ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapGet("/privacy/jobs/{id}/file", FileAsync).WithSummary("Receipt or export")
            .Produces(StatusCodes.Status200OK).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapDelete("/privacy/jobs/{id}", RemoveAsync).WithSummary("Break such a job off, or delete it with its file")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
    }

    private Task<IResult> EraseAsync(PrivacyRequestBody request, HttpContext context, CancellationToken cancellationToken) =>
        AddAsync(request, _privacy.EraseAsync, context, cancellationToken);

    private Task<IResult> ExportAsync(PrivacyRequestBody request, HttpContext context, CancellationToken cancellationToken) =>
        AddAsync(request, _privacy.ExportAsync, context, cancellationToken);

    private async Task<IResult> FindAsync(Guid id, CancellationToken cancellationToken) =>
        await _jobs.FindAsync(PrivacyService.OperatorAccount, id, cancellationToken) is { } job ? TypedResults.Ok(PrivacyJobAnswer.Of(job)) : Unknown();

    private async Task<IResult> FileAsync(Guid id, CancellationToken cancellationToken) =>
        await _jobs.FindAsync(PrivacyService.OperatorAccount, id, cancellationToken) is { Status: JobStatus.Succeeded } job && _files.Open(job.Id) is { } file
            ? TypedResults.Stream(file, job.ContentType, job.FileName)
            : Unknown();

    private async Task<IResult> RemoveAsync(Guid id, CancellationToken cancellationToken) =>
        await _jobs.RemoveAsync(PrivacyService.OperatorAccount, id, cancellationToken) ? TypedResults.NoContent() : Unknown();

    private async Task<IResult> AddAsync(PrivacyRequestBody request, Add add, HttpContext context, CancellationToken cancellationToken)
    {
        if (!Mailbox.TryParse(request.Address, out var address))
        {
            return Problems.BadRequest("address: must be an e-mail address without a display name");
        }

        var account = request.Account is null ? null : await _accounts.FindByNameAsync(request.Account, cancellationToken);
        if (request.Account is not null && account is null)
        {
            return Problems.BadRequest($"account: there is no account {request.Account}");
        }

        var job = await add(address, PrivacyService.OperatorAccount, account?.Id, AdminActor.Audit(context), cancellationToken);
        return job is null
            ? Problems.Conflict($"there are {JobService.MaxPerAccount} such jobs already: wait until they expire, or delete some")
            : TypedResults.Accepted($"/admin/v1/privacy/jobs/{job.Id}", PrivacyJobAnswer.Of(job));
    }

    private static ProblemHttpResult Unknown() => Problems.NotFound("there is no such job, or it has no file yet");
}

/// <param name="Account">Name; null means all accounts.</param>
internal sealed record PrivacyRequestBody(string? Address, string? Account);

internal sealed record PrivacyJobAnswer(
    string Id, string Kind, string Status, int Progress, long Processed, string? Error, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt, DateTimeOffset? ExpiresAt)
{
    public static PrivacyJobAnswer Of(Job job) => new(
        job.Id.ToString(), job.Kind, Words.Of(job.Status), job.Progress, job.Processed, job.Error, job.CreatedAt, job.FinishedAt, job.ExpiresAt);
}
