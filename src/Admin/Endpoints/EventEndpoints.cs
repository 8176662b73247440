using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>What happened, newest first; bounces are the events that ended badly.</summary>
internal sealed class EventEndpoints
{
    private static readonly IReadOnlyList<DeliveryEventKind> BounceKinds = [DeliveryEventKind.Bounced, DeliveryEventKind.Expired];

    private readonly IEventStore _events;

    public EventEndpoints(IEventStore events) => _events = events;

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/events", ([AsParameters] EventQuery query, string? kind, CancellationToken cancellationToken) => ListAsync(query, kind, null, cancellationToken))
            .WithSummary("Events, newest first").Produces<Page<EventAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/bounces", ([AsParameters] EventQuery query, CancellationToken cancellationToken) => ListAsync(query, null, BounceKinds, cancellationToken))
            .WithSummary("Recipients that were refused for good or given up").Produces<Page<EventAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private async Task<IResult> ListAsync(
        EventQuery query, string? kind, IReadOnlyList<DeliveryEventKind>? kinds, CancellationToken cancellationToken)
    {
        if (kind is not null && !Words.TryParseList(kind, out kinds, out var error))
        {
            return Problems.BadRequest("kind: " + error);
        }

        QueueId id = default;
        if (query.Message is not null && !QueueId.TryParse(query.Message, out id))
        {
            return Problems.BadRequest($"message: '{query.Message}' is not a queue id");
        }

        if (query.Limit is < 1 or > 500)
        {
            return Problems.BadRequest("limit: a number from 1 to 500");
        }

        var filter = new EventFilter
        {
            MessageId = query.Message is null ? null : id,
            Recipient = query.Recipient,
            Domain = query.Domain,
            Kinds = kinds,
            Since = query.Since,
            Until = query.Until,
            Before = query.Before,
            Limit = query.Limit ?? 50,
        };
        var events = await _events.ListAsync(filter, cancellationToken);
        return TypedResults.Ok(new Page<EventAnswer>([.. events.Select(EventAnswer.Of)], events.Count == filter.Limit ? events[^1].Sequence : null));
    }
}

/// <summary>Filters of event lists.</summary>
internal sealed record EventQuery(
    string? Message, string? Recipient, string? Domain, DateTimeOffset? Since, DateTimeOffset? Until, long? Before, int? Limit);
