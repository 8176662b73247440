using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Reads messages, and does with captured ones what a reader wants: delete, send for real.</summary>
/// <remarks>Content is other people's mail: the role must include it, and each reading is noted in the audit trail.</remarks>
internal sealed class ContentEndpoints(
    StoredContent content, MessageFindings findings, MailViews views, MessageRelease release, IFinishedMail finished, IAuditStore audit, TimeProvider time)
{
    /// <summary>A frame may style itself, and load nothing.</summary>
    private const string FramePolicy = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; font-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; img-src data:";

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/messages/{id}/raw", RawAsync).WithSummary("The message as it is sent, as message/rfc822")
            .Produces<string>(StatusCodes.Status200OK, "message/rfc822").WithExample(answer: MessageExamples.Text).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
        group.MapGet("/messages/{id}/content", ContentAsync).WithSummary("The message taken apart: header fields, text, HTML, attachments by number")
            .Produces<ContentAnswer>().ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
        group.MapGet("/messages/{id}/parts/{number}", PartAsync).WithSummary("One part of a message, decoded")
            .Produces<string>(StatusCodes.Status200OK, "application/octet-stream").WithExample(answer: "%PDF-1.7 …").ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
        group.MapGet("/messages/{id}/findings", FindingsAsync).WithSummary("What receivers would make of it: DKIM, format, list headers, size")
            .Produces<Page<FindingAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
        group.MapPost("/messages/{id}/view", ViewAsync).WithSummary("A short-lived address at which a frame shows the HTML body, alone and without scripts")
            .Produces<ViewAnswer>().ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
        group.MapPost("/messages/{id}/deliver", DeliverAsync).WithSummary("Send a captured message for real, as a new one, to its recipients or to others")
            .Produces<DeliverAnswer>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict).RequiresRole(AdminRole.Operate);
        group.MapDelete("/messages/{id}", DeleteAsync).WithSummary("Delete a message that is over, with its content; its events stay")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
        group.MapPost("/captured/clear", ClearAsync).WithSummary("Delete all captured messages")
            .Produces<AffectedAnswer>().RequiresRole(AdminRole.Operate);
    }

    /// <summary>Beside the API: the ticket is the permission.</summary>
    public void MapFrame(IEndpointRouteBuilder routes) => routes.MapGet("/page/mail/{ticket}", FrameAsync).ExcludeFromDescription();

    private async Task<IResult> RawAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        if (await content.FindAsync(id, cancellationToken) is not { HasContent: true } details)
        {
            return Unknown(id);
        }

        await NoteAsync("message.read", id, 1, context, cancellationToken);
        return TypedResults.Stream(output => content.CopyAsync(details, output, cancellationToken), "message/rfc822", id + ".eml");
    }

    private async Task<IResult> ContentAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        var (details, refusal) = await FindReadableAsync(id, cancellationToken);
        if (details is null)
        {
            return refusal!;
        }

        await NoteAsync("message.read", id, 1, context, cancellationToken);
        return TypedResults.Ok(ContentAnswer.Of(new MessageParts(await content.ParseAsync(details, cancellationToken))));
    }

    private async Task<IResult> PartAsync(string id, int number, HttpContext context, CancellationToken cancellationToken)
    {
        var (details, refusal) = await FindReadableAsync(id, cancellationToken);
        if (details is null)
        {
            return refusal!;
        }

        var parts = new MessageParts(await content.ParseAsync(details, cancellationToken));
        if (number < 0 || number >= parts.Leaves.Count)
        {
            return Problems.NotFound($"the message has {parts.Leaves.Count} parts, counted from 0");
        }

        await NoteAsync("message.read", id, 1, context, cancellationToken);
        var part = parts.Leaves[number];
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.Bytes(part.GetContent(), "application/octet-stream", part.FileName ?? $"part-{number}");
    }

    private async Task<IResult> FindingsAsync(string id, [AsParameters] PageQuery page, CancellationToken cancellationToken)
    {
        var (details, refusal) = await FindReadableAsync(id, cancellationToken);
        if (details is null)
        {
            return refusal!;
        }

        var found = await findings.FindAsync(details.Message, await content.ReadAsync(details, cancellationToken), cancellationToken);
        return page.Cut<FindingAnswer>(
            [.. found.OrderByDescending(finding => finding.Level).Select(finding => new FindingAnswer(Words.Of(finding.Level), finding.Subject, finding.Text, finding.Rule?.Receivers, finding.Rule?.Source, finding.Rule?.Remedy))]);
    }

    private async Task<IResult> ViewAsync(string id, ViewRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        var (details, refusal) = await FindReadableAsync(id, cancellationToken);
        if (details is null)
        {
            return refusal!;
        }

        await NoteAsync(request.Remote ? "message.read-remote" : "message.read", id, 1, context, cancellationToken);
        return TypedResults.Ok(new ViewAnswer("/page/mail/" + views.Open(details.Message.Id, request.Remote)));
    }

    private async Task<IResult> FrameAsync(string ticket, HttpContext context, CancellationToken cancellationToken)
    {
        if (views.Find(ticket) is not { } view || await content.FindAsync(view.Id.ToString(), cancellationToken) is not { HasContent: true } details)
        {
            return TypedResults.Text("This view has ended; open the message again.", statusCode: StatusCodes.Status404NotFound);
        }

        var parts = new MessageParts(await content.ParseAsync(details, cancellationToken));
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = FramePolicy + (view.ShowsRemote ? " https: http:" : string.Empty);
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
        return TypedResults.Text(parts.HtmlWithPictures() ?? string.Empty, "text/html; charset=utf-8");
    }

    private async Task<IResult> DeliverAsync(string id, DeliverRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        if (await content.FindAsync(id, cancellationToken) is not { HasContent: true } details)
        {
            return Unknown(id);
        }

        if (!request.TryRead(details, out var recipients, out var error))
        {
            return Problems.BadRequest(error);
        }

        var result = await release.SendAsync(details, recipients, AdminActor.Of(context).Address, cancellationToken);
        if (result.Id is not { } released)
        {
            return Problems.Conflict(result.Refusal?.ToString() ?? "the message was refused");
        }

        await NoteAsync("message.deliver", $"{id} as {released}", recipients.Count, context, cancellationToken);
        return TypedResults.Accepted($"/admin/v1/messages/{released}", new DeliverAnswer(released.ToString(), recipients.Count));
    }

    private async Task<IResult> DeleteAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        if (!QueueId.TryParse(id, out var queueId) || !await finished.DeleteAsync(queueId, cancellationToken))
        {
            return Problems.NotFound($"no message with id {id} that is over; cancel what waits first");
        }

        await NoteAsync("message.delete", id, 1, context, cancellationToken);
        return TypedResults.NoContent();
    }

    private async Task<IResult> ClearAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var deleted = await finished.DeleteCapturedAsync(cancellationToken);
        await NoteAsync("captured.clear", "all", deleted, context, cancellationToken);
        return TypedResults.Ok(new AffectedAnswer(deleted));
    }

    private async ValueTask<(MessageDetails? Details, IResult? Refusal)> FindReadableAsync(string id, CancellationToken cancellationToken)
    {
        if (await content.FindAsync(id, cancellationToken) is not { HasContent: true } details)
        {
            return (null, Unknown(id));
        }

        return details.Message.SizeBytes > StoredContent.MaxParsedBytes
            ? (null, Problems.BadRequest($"the message is larger than {StoredContent.MaxParsedBytes} octets; read it raw"))
            : (details, null);
    }

    private ValueTask NoteAsync(string action, string target, int affected, HttpContext context, CancellationToken cancellationToken)
    {
        var actor = AdminActor.Of(context);
        return audit.AppendAsync(
            new AuditEntry { At = time.GetUtcNow(), Actor = actor.Name, From = actor.Address, Action = action, Target = target, AffectedCount = affected },
            cancellationToken);
    }

    private static ProblemHttpResult Unknown(string id) => Problems.NotFound($"no message (or no content any more) with id {id}");
}

/// <param name="Remote">Pictures from elsewhere are loaded: their owner learns that the message was read.</param>
internal sealed record ViewRequest(bool Remote = false);

internal sealed record ViewAnswer(string Url);

internal sealed record AffectedAnswer(int Affected);

/// <param name="Recipients">Null: those of the message.</param>
internal sealed record DeliverRequest(IReadOnlyList<string>? Recipients)
{
    private const int MaxRecipients = 100;

    public bool TryRead(MessageDetails details, out IReadOnlyList<Mailbox> recipients, out string error)
    {
        error = string.Empty;
        if (Recipients is null)
        {
            recipients = [.. details.Recipients.Select(recipient => recipient.Address)];
            return true;
        }

        var read = new List<Mailbox>();
        recipients = read;
        foreach (var text in Recipients)
        {
            if (!Mailbox.TryParse(text, out var mailbox))
            {
                error = $"recipients: '{text}' is not an e-mail address";
                return false;
            }

            read.Add(mailbox);
        }

        error = read.Count is 0 or > MaxRecipients ? $"recipients: 1 to {MaxRecipients}" : string.Empty;
        return error.Length == 0;
    }
}

internal sealed record DeliverAnswer(string MessageId, int Recipients);

/// <param name="Level">good, note, warning or problem.</param>
/// <param name="Receivers">Who enforces it; null for findings that are no rule of the bulk-sender gate.</param>
internal sealed record FindingAnswer(string Level, string Subject, string Text, IReadOnlyList<string>? Receivers, string? Source, string? Remedy);

/// <summary>A message taken apart for reading.</summary>
internal sealed record ContentAnswer(
    IReadOnlyList<HeaderAnswer> Headers, string? Text, string? Html, IReadOnlyList<AttachmentAnswer> Attachments)
{
    public static ContentAnswer Of(MessageParts parts) => new(
        [.. parts.Root.Header.Fields.Select(field => new HeaderAnswer(field.Name, field.Text))],
        parts.Text?.GetText(),
        parts.Html?.GetText(),
        [.. parts.Attachments.Select(leaf => new AttachmentAnswer(leaf.Number, leaf.Part.FileName, leaf.Part.MediaType, leaf.Part.GetContent().Length))]);
}

internal sealed record HeaderAnswer(string Name, string Value);

/// <param name="Number">For <c>/messages/{id}/parts/{number}</c>.</param>
internal sealed record AttachmentAnswer(int Number, string? Name, string MediaType, long SizeBytes);
