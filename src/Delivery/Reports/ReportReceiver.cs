using Microsoft.Extensions.Logging;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Delivery;

/// <summary>Reads a report from its place in the queue and does what follows: late bounces, complaints, unsubscriptions, and the report on to the sender.</summary>
/// <remarks>
/// 1. Read, bounded. 2. Match to message and recipients. 3. Events, states and the forwarded report in one transaction. 4. The task settles
/// behind it; a crash in between reads the report again, which changes nothing that was changed before. A report that cannot be read or
/// matched stays readable for operators. Nobody is suppressed by a report that is not proved to be about our mail.
/// </remarks>
internal sealed class ReportReceiver(
    ISpool spool,
    ReportMatcher matcher,
    ILateOutcomes outcomes,
    IReportDoor door,
    IAggregateReportStore aggregates,
    LinkTokens links,
    ILinkActions actions,
    DeliveryMetrics metrics,
    ILogger<ReportReceiver> logger,
    TimeProvider time) : IReportReceiver
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(10);

    private const int MaxBytes = 32 * 1024 * 1024;

    public async ValueTask<AttemptOutcome> ReceiveAsync(DeliveryTask task, CancellationToken cancellationToken)
    {
        var content = await TaskContent.OpenAsync(task, spool, cancellationToken);
        if (content.SizeBytes > MaxBytes)
        {
            return Keep("large", $"a report of {content.SizeBytes} octets is not read");
        }

        var bytes = await content.FirstAsync((int)content.SizeBytes, cancellationToken);
        var message = MimeReader.Read(bytes);
        var report = ReportReader.Read(message);
        switch (report.Kind)
        {
            case ReportKind.DmarcAggregate or ReportKind.TlsReport:
                if (AggregateReader.Read(message) is not { } aggregate)
                {
                    return Keep("unreadable", "an aggregate report that cannot be read");
                }

                await aggregates.AddAsync(aggregate, time.GetUtcNow(), cancellationToken);
                return Read(report.Kind, $"{aggregate.Domain} by {aggregate.Reporter}");
            case ReportKind.AutoReply:
                return Read(report.Kind, "an automatic reply");
            case ReportKind.Unsubscribe when TokenIn(message.Header) is { } token:
                await actions.LeaveAsync(token, cancellationToken);
                return Read(report.Kind, $"by {token.Recipient}");
            case ReportKind.None:
                return Keep("unreadable", "no report that can be read");
            default:
                return await MatchAsync(task, report, bytes, cancellationToken);
        }
    }

    // As the mailto of List-Unsubscribe asks for: "unsubscribe TOKEN".
    private LinkToken? TokenIn(HeaderBlock header) =>
        header.Text("Subject")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var word] ? links.Read(word, LinkPurpose.Unsubscribe) : null;

    private async ValueTask<AttemptOutcome> MatchAsync(DeliveryTask task, IncomingReport report, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (await matcher.FindAsync(task.Recipients[0].Address, report, cancellationToken) is not { } match)
        {
            return Keep("unmatched", $"a {report.Kind.ToString().ToLowerInvariant()} report about a message that is not known here");
        }

        var now = time.GetUtcNow();
        if (match.IsByMessageId || (report.Kind == ReportKind.Delivery && !match.IsProved))
        {
            return await NoteAsync(report, match, now);
        }

        if (report.Kind != ReportKind.Delivery)
        {
            return await AnswerAsync(report, match, now);
        }

        var reported = ReportEvidence.Of(report);
        var effects = reported.Select(item => ReportEffects.Of(item, match, report, now)).ToList();
        if (effects.Any(effect => effect is { Bounce: not null, Recipient.State: RecipientState.Leased }))
        {
            // The peer was faster than our own settle: what it says counts from the state that comes of it.
            return AttemptOutcome.NotAttempted("the mail is being delivered at this moment", now + Moment);
        }

        var outcome = new LateOutcome
        {
            Bounces = [.. effects.Select(effect => effect.Bounce).OfType<LateBounce>().DistinctBy(bounce => bounce.RecipientId)],
            Events = [.. effects.Select(effect => effect.Event).OfType<DeliveryEvent>()],
        };
        await ForwardAsync(match, effects, outcome, bytes);
        return Read(report.Kind, $"{reported.Count} recipients of {match.Message.Id}");
    }

    /// <summary>What anybody could have written is recorded on the message for people to see, and stays readable; nothing follows from it.</summary>
    private async ValueTask<AttemptOutcome> NoteAsync(IncomingReport report, ReportMatch match, DateTimeOffset now)
    {
        var named = ReportEvidence.Of(report) is [var first, ..] ? first : null;
        var recipient = named is null ? null : match.Find(named);
        var kind = report.Kind.ToString().ToLowerInvariant();
        var what = named is null ? report.FeedbackType ?? kind : $"{named.Action} {named.Facts.Enhanced} {named.Facts.Text}".Trim();
        await outcomes.RecordLateAsync(new LateOutcome { Events = [ReportEffects.Reported(match.Message, recipient, $"not proved, a {kind} report: {what}", now)] });
        return Keep("unproved", $"a {kind} report about {match.Message.Id} that nothing proves to come from who got it");
    }

    /// <summary>Complaints and unsubscriptions: events; what follows for the list of suppressions follows from them.</summary>
    private async ValueTask<AttemptOutcome> AnswerAsync(IncomingReport report, ReportMatch match, DateTimeOffset now)
    {
        var who = report.Recipients
            .Select(recipient => match.Find(new ReportedRecipient(recipient.FinalRecipient, recipient.OriginalRecipient, "complained", false, new BounceFacts { Text = string.Empty })))
            .OfType<QueuedRecipient>()
            .DistinctBy(recipient => recipient.Id)
            .ToList();
        who = who.Count == 0 && match.Recipients.Count == 1 ? [match.Recipients[0]] : who;
        var isOptOut = report.Kind == ReportKind.Unsubscribe || report.FeedbackType is "opt-out" or "opt-out-list";
        if (report.FeedbackType is "auth-failure" or "not-spam" || who.Count == 0)
        {
            await outcomes.RecordLateAsync(new LateOutcome { Events = [ReportEffects.Reported(match.Message, null, report.FeedbackType ?? "unsubscribe", now)] });
            return Read(report.Kind, $"{report.FeedbackType} about {match.Message.Id}, no recipient of it");
        }

        var kind = isOptOut ? DeliveryEventKind.Unsubscribed : DeliveryEventKind.Complained;
        await outcomes.RecordLateAsync(new LateOutcome
        {
            Events = [.. who.Select(recipient => new DeliveryEvent
            {
                Kind = kind,
                At = now,
                AccountId = match.Message.AccountId,
                MessageId = match.Message.Id,
                RecipientId = recipient.Id,
                Recipient = recipient.Address.ToString(),
                Class = report.FeedbackType,
                Text = isOptOut ? "unsubscribed by mail" : "complaint by feedback report",
                RemoteHost = report.ReportingMta ?? report.Feedback?.UserAgent,
            })],
        });
        return Read(report.Kind, $"{report.FeedbackType ?? "unsubscribe"} about {match.Message.Id}");
    }

    /// <summary>The sender gets the report as it came, when he wants to know what it says (RFC 3461 §4.1); what is recorded is recorded with it.</summary>
    private async ValueTask ForwardAsync(ReportMatch match, IReadOnlyList<ReportEffect> effects, LateOutcome outcome, ReadOnlyMemory<byte> bytes)
    {
        var isWanted = effects.Any(effect => effect.Recipient is { State: RecipientState.Delivered } recipient && BounceWriter.IsWanted(match.Message, recipient, effect.Action));
        if (!isWanted)
        {
            await outcomes.RecordLateAsync(outcome);
            return;
        }

        var isRecorded = false;
        var submission = new Submission
        {
            Envelope = new Envelope
            {
                ReversePath = ReversePath.Null,
                Recipients = [new EnvelopeRecipient(match.Message.ReversePath.Mailbox!) { Notify = DsnNotify.Never }],
                BodyType = bytes.Span.ContainsAnyExceptInRange((byte)0, (byte)0x7f) ? BodyType.EightBitMime : BodyType.SevenBit,
                SmtpUtf8 = match.Message.ReversePath.Mailbox!.NeedsSmtpUtf8,
            },
            Door = Door.Internal,
            IsForeign = true,
            AccountId = match.Message.AccountId,
            Stream = MailStream.Transactional,
        };
        var accepted = await door.AcceptAsync(bytes, submission, async drafts =>
        {
            await outcomes.RecordLateAsync(outcome with { Reports = [.. drafts.Select(BounceWriter.WithoutLeases)] });
            isRecorded = true;
            return [];
        });
        if (!isRecorded)
        {
            if (accepted.Refusal is not { IsPermanent: true })
            {
                throw new StoreUnavailableException($"the report was not accepted: {accepted.Refusal?.ToString() ?? "no reply"}");
            }

            // It cannot be passed on (a loop, a header too large); what it says counts all the same.
            await outcomes.RecordLateAsync(outcome);
        }
    }

    private AttemptOutcome Read(ReportKind kind, string what)
    {
        metrics.ReportRead(kind.ToString().ToLowerInvariant());
        return AttemptOutcome.Delivered($"read as {kind.ToString().ToLowerInvariant()}: {what}");
    }

    private AttemptOutcome Keep(string why, string text)
    {
        metrics.ReportRead(why);
        DeliveryLog.ReportKept(logger, text);
        return new AttemptOutcome { Kind = OutcomeKind.Captured, Status = new EnhancedStatusCode(2, 0, 0), Text = text };
    }
}
