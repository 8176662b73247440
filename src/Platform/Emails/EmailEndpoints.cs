using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Emails;

/// <summary>Routes below <c>/emails</c>: send, batch, list, look at one, move, cancel.</summary>
internal static class EmailEndpoints
{
    private const string Json = "application/json";
    private const string RawType = "message/rfc822";
    private const string TooLate = "its sending has begun";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/emails", (HttpContext context, EmailSending sending) => SendAsync(context, sending, isBatch: false)).Needs(ApiScope.Send)
            .WithSummary("Send or schedule one e-mail; Idempotency-Key makes it safe to repeat").Accepts<EmailDocument>(Json).Produces<EmailIdAnswer>();
        api.MapPost("/emails/batch", (HttpContext context, EmailSending sending) => SendAsync(context, sending, isBatch: true)).Needs(ApiScope.Send)
            .WithSummary("Send up to 100 e-mails, all or none").Accepts<IReadOnlyList<EmailDocument>>(Json).Produces<EmailBatchAnswer>();
        api.MapPost("/emails/mime", SendRawAsync).Needs(ApiScope.Send)
            .WithSummary("Send a message you composed yourself: base64 in JSON, or the message as message/rfc822 with the same fields in the query")
            .Accepts<RawEmailDocument>(Json, RawType).Produces<EmailIdAnswer>();
        api.MapGet("/emails", ListAsync).Needs(ApiScope.Read)
            .WithSummary("E-mails, newest first, by page, limit, startDate, endDate, domainId").Produces<EmailListAnswer>();
        api.MapGet("/emails/{emailId}", GetAsync).Needs(ApiScope.Read).WithSummary("One e-mail with its events").Produces<EmailAnswer>();
        api.MapPatch("/emails/{emailId}", MoveAsync).Needs(ApiScope.Send)
            .WithSummary("Move a scheduled e-mail to another time").Accepts<ScheduleDocument>(Json).Produces<EmailIdAnswer>();
        api.MapPost("/emails/{emailId}/cancel", CancelAsync).Needs(ApiScope.Send).WithSummary("Cancel a scheduled e-mail").Produces<EmailIdAnswer>();
    }

    private static async Task<IResult> SendAsync(HttpContext context, EmailSending sending, bool isBatch)
    {
        var (key, refusal) = IdempotencyKeys.Read(context.Request);
        if (refusal is not null)
        {
            return refusal;
        }

        if ((await RequestBody.ReadAsync(context, EmailLimits.MaxRequestBytes)).Failed(out var fault, out var body))
        {
            return fault;
        }

        using (body)
        {
            if ((await sending.SendAsync(ApiCaller.Of(context), body, isBatch, key, context.RequestAborted)).Failed(out fault, out var ids))
            {
                return fault;
            }

            var answers = ids.Select(id => new EmailIdAnswer(id.ToString())).ToList();
            return isBatch ? ApiJson.Answer(new EmailBatchAnswer(answers)) : ApiJson.Answer(answers[0]);
        }
    }

    private static async Task<IResult> SendRawAsync(HttpContext context, EmailSending sending)
    {
        var (key, refusal) = IdempotencyKeys.Read(context.Request);
        if (refusal is not null)
        {
            return refusal;
        }

        if ((await RequestBody.ReadAsync(context, EmailLimits.MaxRequestBytes, RawType)).Failed(out var fault, out var body))
        {
            return fault;
        }

        using (body)
        {
            var faults = new FieldFaults();
            var fields = RequestBody.IsOf(context.Request, RawType)
                ? RawFieldReader.ReadQuery(context.Request.Query, body.Bytes, faults)
                : RawFieldReader.ReadJson(body.Bytes, faults);
            return (await sending.SendRawAsync(ApiCaller.Of(context), body, fields, faults, key, context.RequestAborted)).Failed(out fault, out var ids)
                ? fault
                : ApiJson.Answer(new EmailIdAnswer(ids[0].ToString()));
        }
    }

    private static async Task<IResult> ListAsync(HttpContext context, IEmailStore store)
    {
        if (EmailQuery.Read(ApiCaller.Of(context).AccountId, context.Request.Query).Failed(out var fault, out var filter))
        {
            return fault;
        }

        var page = await store.ListAsync(filter, context.RequestAborted);
        return ApiJson.Answer(new EmailListAnswer([.. page.Emails.Select(EmailAnswer.Listed)], page.Count));
    }

    private static async Task<IResult> GetAsync(string emailId, HttpContext context, IEmailStore store, IEventStore history)
    {
        if (await FindAsync(emailId, context, store) is not { } email)
        {
            return Unknown();
        }

        var events = await EventsAsync(email.Id, history, context.RequestAborted);
        return ApiJson.Answer(EmailAnswer.Of(email) with { EmailEvents = EmailEventAnswer.History(email, events) });
    }

    private static async Task<IResult> MoveAsync(string emailId, HttpContext context, IEmailStore store, IQueueStore queue, PlatformOptions options, TimeProvider time)
    {
        if ((await RequestBody.ReadAsync(context, EmailLimits.MaxSmallRequestBytes)).Failed(out var fault, out var body))
        {
            return fault;
        }

        using (body)
        {
            if (ScheduleRequest.Read(body.Bytes, time.GetUtcNow()).Failed(out fault, out var schedule))
            {
                return fault;
            }

            if (await FindAsync(emailId, context, store) is not { } email)
            {
                return Unknown();
            }

            if (!MayActOn(email, context))
            {
                return Foreign();
            }

            return await queue.RescheduleAsync(email.Id, schedule.At, await ExpiryAsync(email.Id, schedule.At, queue, options, context.RequestAborted), ApiCaller.Of(context).Actor)
                ? ApiJson.Answer(new EmailIdAnswer(email.Id.ToString()))
                : ApiFault.BadRequest(Refusal(email, "moved"));
        }
    }

    /// <summary>A moved e-mail has as long as it had from its time.</summary>
    private static async Task<DateTimeOffset> ExpiryAsync(QueueId id, DateTimeOffset at, IQueueStore queue, PlatformOptions options, CancellationToken cancellationToken)
    {
        var known = (await queue.FactsAsync([id], cancellationToken)).GetValueOrDefault(id);
        return at + (known is null ? options.ExpireAfter : known.ExpiresAt - (known.NotBefore ?? known.AcceptedAt));
    }

    private static async Task<IResult> CancelAsync(string emailId, HttpContext context, IEmailStore store, IQueueStore queue)
    {
        if (await FindAsync(emailId, context, store) is not { } email)
        {
            return Unknown();
        }

        if (!MayActOn(email, context))
        {
            return Foreign();
        }

        return await queue.WithdrawAsync(email.Id, ApiCaller.Of(context).Actor)
            ? ApiJson.Answer(new EmailIdAnswer(email.Id.ToString()))
            : ApiFault.BadRequest(Refusal(email, "cancelled"));
    }

    private static string Refusal(Email email, string act) => email.WasScheduled
        ? $"the e-mail can no longer be {act}: {TooLate}, or it was cancelled"
        : $"the e-mail cannot be {act}: it was not scheduled, and {TooLate}";

    // A key for some senders may look at all e-mails of its account, and act on those it could have sent.
    private static bool MayActOn(Email email, HttpContext context) =>
        NamedMailbox.TryParse(email.From, out var sender) && SenderPolicy.AllowsSender(ApiCaller.Of(context).Credential, sender.Mailbox);

    private static ApiFault Foreign() => ApiFault.Forbidden("this API key may not act for the sender of this e-mail");

    private static ApiFault Unknown() => ApiFault.NotFound("there is no e-mail with this id");

    private static async ValueTask<Email?> FindAsync(string emailId, HttpContext context, IEmailStore store) =>
        QueueId.TryParse(emailId, out var id) ? await store.FindAsync(ApiCaller.Of(context).AccountId, id, context.RequestAborted) : null;

    private static async ValueTask<List<DeliveryEvent>> EventsAsync(QueueId id, IEventStore history, CancellationToken cancellationToken)
    {
        const int PageSize = 500;
        var events = new List<DeliveryEvent>();
        long? before = null;
        while (events.Count < EmailLimits.MaxEvents)
        {
            var page = await history.ListAsync(new EventFilter { MessageId = id, Before = before, Limit = PageSize }, cancellationToken);
            events.AddRange(page);
            if (page.Count < PageSize)
            {
                break;
            }

            before = page[^1].Sequence;
        }

        return events;
    }
}
