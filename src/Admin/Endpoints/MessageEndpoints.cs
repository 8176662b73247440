using System.Net.Mime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>One message: its recipients, what happened to it, and its content where it is still kept.</summary>
internal sealed class MessageEndpoints
{
    private const int MaxEvents = 500;
    private const long MaxParsedBytes = 16 * 1024 * 1024;

    private readonly IQueueStore _queue;
    private readonly IEventStore _events;
    private readonly ISpool _spool;
    private readonly IAuditStore _audit;
    private readonly TimeProvider _time;

    public MessageEndpoints(IQueueStore queue, IEventStore events, ISpool spool, IAuditStore audit, TimeProvider time)
    {
        _queue = queue;
        _events = events;
        _spool = spool;
        _audit = audit;
        _time = time;
    }

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/messages/{id}", ShowAsync).WithSummary("One message with recipients, events and conversations")
            .Produces<MessageAnswer>().ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/messages/{id}/raw", RawAsync).WithSummary("The message as it is sent, as message/rfc822")
            .ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
        group.MapGet("/messages/{id}/content", ContentAsync).WithSummary("The message taken apart: header fields, text, HTML, names of attachments")
            .Produces<ContentAnswer>().ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
    }

    private async Task<IResult> ShowAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } details)
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

    private async Task<IResult> RawAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { HasContent: true } details)
        {
            return Unknown(id);
        }

        await AuditReadAsync(id, context, cancellationToken);
        var variant = details.Variants[0];
        var content = await _spool.OpenAsync(variant.Content, cancellationToken);
        return TypedResults.Stream(
            async output =>
            {
                await using (content)
                {
                    await output.WriteAsync(variant.Prefix, cancellationToken);
                    await content.CopyToAsync(output, cancellationToken);
                }
            },
            "message/rfc822",
            id + ".eml");
    }

    private async Task<IResult> ContentAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { HasContent: true } details)
        {
            return Unknown(id);
        }

        if (details.Message.SizeBytes > MaxParsedBytes)
        {
            return Problems.BadRequest($"the message is larger than {MaxParsedBytes} octets; read it raw");
        }

        await AuditReadAsync(id, context, cancellationToken);
        using var bytes = new MemoryStream();
        bytes.Write(details.Variants[0].Prefix.Span);
        await using (var content = await _spool.OpenAsync(details.Variants[0].Content, cancellationToken))
        {
            await content.CopyToAsync(bytes, cancellationToken);
        }

        return TypedResults.Ok(ContentAnswer.Of(MimeReader.Read(bytes.ToArray())));
    }

    private async ValueTask<MessageDetails?> FindAsync(string id, CancellationToken cancellationToken) =>
        QueueId.TryParse(id, out var queueId) ? await _queue.FindAsync(queueId, cancellationToken) : null;

    private ValueTask AuditReadAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        var actor = AdminActor.Of(context);
        return _audit.AppendAsync(
            new AuditEntry { At = _time.GetUtcNow(), Actor = actor.Name, From = actor.Address, Action = "message.read", Target = id, AffectedCount = 1 },
            cancellationToken);
    }

    private static ProblemHttpResult Unknown(string id) => Problems.NotFound($"no message (or no content any more) with id {id}");
}

/// <summary>A message taken apart for reading.</summary>
internal sealed record ContentAnswer(
    IReadOnlyList<HeaderAnswer> Headers, string? Text, string? Html, IReadOnlyList<AttachmentAnswer> Attachments)
{
    public static ContentAnswer Of(MimeEntity root)
    {
        var parts = root.SelfAndDescendants().Where(part => part.Children.Count == 0).ToList();
        var text = parts.Find(part => part.MediaType == MediaTypeNames.Text.Plain && part.FileName is null);
        var html = parts.Find(part => part.MediaType == MediaTypeNames.Text.Html && part.FileName is null);
        return new ContentAnswer(
            [.. root.Header.Fields.Select(field => new HeaderAnswer(field.Name, field.Text))],
            text?.GetText(),
            html?.GetText(),
            [.. parts.Where(part => part != text && part != html).Select(part => new AttachmentAnswer(part.FileName, part.MediaType, part.GetContent().Length))]);
    }
}

internal sealed record HeaderAnswer(string Name, string Value);

internal sealed record AttachmentAnswer(string? Name, string MediaType, long SizeBytes);
