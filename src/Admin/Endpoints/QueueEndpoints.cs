using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Delivery;
using Relay.Platform.Jobs;
using Relay.Platform.Privacy;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>See and steer the queue.</summary>
internal sealed class QueueEndpoints
{
    private const int MaxKeys = 100;

    private readonly IQueueStore _queue;
    private readonly IAuditStore _audit;
    private readonly JobService _jobs;
    private readonly DeliveryOptions _options;
    private readonly TimeProvider _time;

    public QueueEndpoints(IQueueStore queue, IAuditStore audit, JobService jobs, DeliveryOptions options, TimeProvider time)
    {
        _jobs = jobs;
        _options = options;
        _queue = queue;
        _audit = audit;
        _time = time;
    }

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/queue", ListAsync).WithSummary("Recipients in the queue, newest first")
            .Produces<Page<QueueEntryAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/queue/summary", SummaryAsync).WithSummary("Recipients by state and by key").Produces<QueueSummaryAnswer>();
        MapAction(group, "hold", QueueAction.Hold, "Keep waiting recipients from being sent");
        MapAction(group, "release", QueueAction.Release, "Let held recipients go");
        MapAction(group, "retry", QueueAction.RetryNow, "Make waiting recipients due now");
        MapAction(group, "cancel", QueueAction.Cancel, "Withdraw recipients for good");
        MapAction(group, "bounce", QueueAction.Bounce, "Give recipients up for good as undeliverable; no report is sent");
        MapAction(group, "rebind", QueueAction.Rebind, "Send waiting recipients another way, now").WithExample(QueueExamples.OrdinaryWay);
        group.MapGet("/queue/jobs/{id}", FindJobAsync).WithSummary("How far an act in the background is")
            .Produces<PrivacyJobAnswer>().ProducesProblem(StatusCodes.Status404NotFound);
        group.MapDelete("/queue/jobs/{id}", RemoveJobAsync).WithSummary("Break an act in the background off; what was done stays done")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
    }

    private async Task<IResult> ListAsync(
        string? state, string? key, string? search, long? before, int? limit, CancellationToken cancellationToken)
    {
        IReadOnlyList<RecipientState> states = [.. Enum.GetValues<RecipientState>().Where(s => !s.IsFinal())];
        if (state is not null && !Words.TryParseList(state, out states, out var error))
        {
            return Problems.BadRequest("state: " + error);
        }

        if (limit is < 1 or > 500)
        {
            return Problems.BadRequest("limit: a number from 1 to 500");
        }

        var filter = new QueueFilter { States = states, QueueKey = key, Search = search, Before = before, Limit = limit ?? 50 };
        var page = await _queue.ListAsync(filter, cancellationToken);
        return TypedResults.Ok(new Page<QueueEntryAnswer>([.. page.Entries.Select(QueueEntryAnswer.Of)], page.Next));
    }

    private async Task<IResult> SummaryAsync(CancellationToken cancellationToken) =>
        TypedResults.Ok(QueueSummaryAnswer.Of(await _queue.SummaryAsync(MaxKeys, cancellationToken)));

    private RouteHandlerBuilder MapAction(RouteGroupBuilder group, string name, QueueAction action, string summary) =>
        group.MapPost("/queue/" + name, (CriteriaRequest request, bool? background, HttpContext context, CancellationToken cancellationToken) =>
                ApplyAsync(action, name, request, background == true, context, cancellationToken))
            .WithSummary(summary).Produces<QueueActionResult>().Produces<PrivacyJobAnswer>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest)
            .RequiresRole(AdminRole.Operate);

    private async Task<IResult> StartJobAsync(QueueActRequest request, CancellationToken cancellationToken) =>
        await _jobs.AddAsync(PrivacyService.OperatorAccount, QueueActJob.KindName, request, request.Actor, cancellationToken) is { } job
            ? TypedResults.Accepted($"/admin/v1/queue/jobs/{job.Id}", PrivacyJobAnswer.Of(job))
            : Problems.Conflict($"there are {JobService.MaxPerAccount} jobs already: wait until they expire, or delete some");

    private async Task<IResult> FindJobAsync(Guid id, CancellationToken cancellationToken) =>
        await _jobs.FindAsync(PrivacyService.OperatorAccount, id, cancellationToken) is { Kind: QueueActJob.KindName } job
            ? TypedResults.Ok(PrivacyJobAnswer.Of(job))
            : Problems.NotFound("there is no such act");

    private async Task<IResult> RemoveJobAsync(Guid id, CancellationToken cancellationToken) =>
        await _jobs.FindAsync(PrivacyService.OperatorAccount, id, cancellationToken) is { Kind: QueueActJob.KindName }
        && await _jobs.RemoveAsync(PrivacyService.OperatorAccount, id, cancellationToken)
            ? TypedResults.NoContent()
            : Problems.NotFound("there is no such act");

    private async ValueTask<long> CountOpenAsync(CancellationToken cancellationToken) =>
        (await _queue.SummaryAsync(1, cancellationToken)).ByState.Where(state => !state.Key.IsFinal()).Sum(state => state.Value);

    private async Task<IResult> ApplyAsync(
        QueueAction action, string name, CriteriaRequest request, bool isBackground, HttpContext context, CancellationToken cancellationToken)
    {
        var actor = AdminActor.Of(context);
        if (!request.TryRead(actor.Name, out var criteria, out var error))
        {
            return Problems.BadRequest(error);
        }

        if (action == QueueAction.Rebind && RebindTarget.Refuse(request.To, _options) is { } refusal)
        {
            return Problems.BadRequest(refusal);
        }

        if (isBackground)
        {
            return await StartJobAsync(new QueueActRequest(action, request, actor.Name, actor.Address, await CountOpenAsync(cancellationToken)), cancellationToken);
        }

        var result = await _queue.ApplyAsync(action, criteria, cancellationToken);
        await _audit.AppendAsync(
            new AuditEntry
            {
                At = _time.GetUtcNow(),
                Actor = actor.Name,
                From = actor.Address,
                Action = "queue." + name,
                Target = request.Describe(),
                AffectedCount = result.Affected,
            },
            cancellationToken);
        return TypedResults.Ok(result);
    }
}

internal sealed record QueueSummaryAnswer(
    IReadOnlyDictionary<string, long> ByState, IReadOnlyList<KeySummary> ByKey, DateTimeOffset? OldestOpen)
{
    public static QueueSummaryAnswer Of(QueueSummary summary) => new(
        summary.ByState.OrderBy(pair => pair.Key).ToDictionary(pair => Words.Of(pair.Key), pair => pair.Value),
        summary.ByKey,
        summary.OldestOpen);
}
