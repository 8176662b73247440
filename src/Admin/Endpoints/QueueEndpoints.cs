using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>See and steer the queue.</summary>
internal sealed class QueueEndpoints
{
    private const int MaxKeys = 100;

    private readonly IQueueStore _queue;
    private readonly IAuditStore _audit;
    private readonly TimeProvider _time;

    public QueueEndpoints(IQueueStore queue, IAuditStore audit, TimeProvider time)
    {
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

    private void MapAction(RouteGroupBuilder group, string name, QueueAction action, string summary) =>
        group.MapPost("/queue/" + name, (CriteriaRequest request, HttpContext context, CancellationToken cancellationToken) =>
                ApplyAsync(action, name, request, context, cancellationToken))
            .WithSummary(summary).Produces<QueueActionResult>().ProducesProblem(StatusCodes.Status400BadRequest)
            .RequiresRole(AdminRole.Operate);

    private async Task<IResult> ApplyAsync(
        QueueAction action, string name, CriteriaRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        var actor = AdminActor.Of(context);
        if (!request.TryRead(actor.Name, out var criteria, out var error))
        {
            return Problems.BadRequest(error);
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

/// <summary>Which recipients an act concerns; at least one condition.</summary>
internal sealed record CriteriaRequest(string? MessageId, long? RecipientId, string? QueueKey, string? SenderDomain, bool All = false)
{
    public bool TryRead(string actor, out QueueCriteria criteria, out string error)
    {
        criteria = new QueueCriteria { Actor = actor };
        error = "";
        QueueId id = default;
        if (MessageId is not null && !QueueId.TryParse(MessageId, out id))
        {
            error = $"messageId: '{MessageId}' is not a queue id (26 letters and digits)";
            return false;
        }

        if (MessageId is null && RecipientId is null && QueueKey is null && SenderDomain is null && !All)
        {
            error = "name at least one of messageId, recipientId, queueKey, senderDomain, or all: true";
            return false;
        }

        criteria = new QueueCriteria
        {
            MessageId = MessageId is null ? null : id,
            RecipientId = RecipientId,
            QueueKey = QueueKey,
            SenderDomain = SenderDomain,
            All = All,
            Actor = actor,
        };
        return true;
    }

    public string Describe() =>
        string.Join(' ', new[]
        {
            MessageId is null ? null : "message " + MessageId,
            RecipientId is null ? null : "recipient " + RecipientId,
            QueueKey is null ? null : "key " + QueueKey,
            SenderDomain is null ? null : "sender domain " + SenderDomain,
            All ? "all" : null,
        }.Where(part => part is not null));
}

internal sealed record QueueSummaryAnswer(
    IReadOnlyDictionary<string, long> ByState, IReadOnlyList<KeySummary> ByKey, DateTimeOffset? OldestOpen)
{
    public static QueueSummaryAnswer Of(QueueSummary summary) => new(
        summary.ByState.OrderBy(pair => pair.Key).ToDictionary(pair => Words.Of(pair.Key), pair => pair.Value),
        summary.ByKey,
        summary.OldestOpen);
}
