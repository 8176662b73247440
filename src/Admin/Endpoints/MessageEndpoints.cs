using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>One message: its recipients and what happened to it.</summary>
internal sealed class MessageEndpoints
{
    private const int MaxEvents = 500;

    private readonly StoredContent _content;
    private readonly IEventStore _events;

    public MessageEndpoints(StoredContent content, IEventStore events)
    {
        _content = content;
        _events = events;
    }

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/messages/{id}", ShowAsync).WithSummary("One message with recipients, events and conversations")
            .Produces<MessageAnswer>().ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/messages/{id}/headers", HeadersAsync).WithSummary("The header fields of a message whose content is still kept")
            .Produces<Page<HeaderAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private async Task<IResult> ShowAsync(string id, CancellationToken cancellationToken)
    {
        if (await _content.FindAsync(id, cancellationToken) is not { } details)
        {
            return Unknown(id);
        }

        var message = details.Message;
        var events = await _events.ListAsync(new EventFilter { MessageId = message.Id, Limit = MaxEvents }, cancellationToken);
        return TypedResults.Ok(new MessageAnswer(
            message.Id.ToString(),
            Words.Of(message.Door),
            message.AcceptedAt,
            message.ExpiresAt,
            message.NotBefore,
            Words.Of(message.Stream),
            Words.Of(message.Priority),
            message.AccountId,
            message.Tags,
            message.IdempotencyKey,
            message.ReversePath.ToString(),
            message.ClientAddress,
            message.HeaderFrom,
            message.Subject,
            message.MessageId,
            message.SizeBytes,
            details.HasContent,
            [.. details.Recipients.Select(RecipientAnswer.Of)],
            [.. events.Select(EventAnswer.Of)]));
    }

    private async Task<IResult> HeadersAsync(string id, [AsParameters] PageQuery page, CancellationToken cancellationToken)
    {
        if (await _content.FindAsync(id, cancellationToken) is not { HasContent: true } details)
        {
            return Unknown(id);
        }

        var header = await _content.ReadHeaderAsync(details, cancellationToken);
        return page.Cut<HeaderAnswer>([.. header.Fields.Select(field => new HeaderAnswer(field.Name, field.Text))]);
    }

    private static ProblemHttpResult Unknown(string id) => Problems.NotFound($"no message with id {id}");
}
