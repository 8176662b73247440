using Microsoft.Extensions.Logging;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>
/// Tells the sender about recipients that failed for good, that wait for long, or whose success was asked about: one report per task
/// (RFC 3464, RFC 5321 §6.1).
/// </summary>
/// <remarks>
/// Never for a null reverse-path, and itself with a null reverse-path, so that no report causes another one (RFC 5321 §4.5.5).
/// NOTIFY decides per recipient (RFC 3461 §4.1), RET how much is returned of a failed message (§4.3),
/// within the configured size; of others the header is enough.
/// </remarks>
internal sealed class BounceWriter(
    DeliveryOptions options, IReportComposer composer, IReportDoor door, ISpool spool, ILogger<BounceWriter> logger, TimeProvider time)
{
    private readonly ReportLimiter _limiter = new(options.Reports.Rate);

    // Content transfer adds nothing to what is returned; headers alone are bounded too.
    private const int MaxHeaderBytes = 64 * 1024;

    /// <summary>True when the sender wants to know this; without NOTIFY failures and delays are told (RFC 3461 §4.1).</summary>
    public static bool IsWanted(QueuedMessage message, QueuedRecipient recipient, DeliveryAction action)
    {
        if (message.ReversePath.IsNull || recipient.Notify.HasFlag(DsnNotify.Never))
        {
            return false;
        }

        return action switch
        {
            DeliveryAction.Failed => recipient.Notify == DsnNotify.Unspecified || recipient.Notify.HasFlag(DsnNotify.Failure),
            DeliveryAction.Delayed => recipient.Notify == DsnNotify.Unspecified || recipient.Notify.HasFlag(DsnNotify.Delay),
            _ => recipient.Notify.HasFlag(DsnNotify.Success),
        };
    }

    /// <summary>The report about these outcomes; null when nobody wants one.</summary>
    /// <exception cref="SpoolException">The content to be returned cannot be read.</exception>
    public async ValueTask<BounceReport?> PrepareAsync(DeliveryTask task, IReadOnlyList<ReportedOutcome> outcomes)
    {
        var wanted = outcomes.Where(o => IsWanted(task.Message, o.Recipient, o.Action)).ToList();
        if (wanted.Count == 0)
        {
            return null;
        }

        var message = task.Message;
        var now = time.GetUtcNow();
        if (!_limiter.TryTake(now))
        {
            DeliveryLog.ReportsLimited(logger, options.Reports.Rate.ToString());
            return null;
        }

        var content = await TaskContent.OpenAsync(task, spool, CancellationToken.None);
        // RFC 8689 §5: what had to be protected all the way is not sent back in a report that may go in the clear.
        var isWhole = wanted.Exists(o => o.Action == DeliveryAction.Failed) && !message.RequireTls && ReturnsWhole(message.Return, content.SizeBytes);
        var returned = await content.FirstAsync((int)(isWhole ? content.SizeBytes : Math.Min(content.HeaderBytes, MaxHeaderBytes)), CancellationToken.None);
        return new BounceReport
        {
            ReportingHost = options.Hostname,
            From = options.Reports.From ?? $"postmaster@{options.Hostname}",
            To = message.ReversePath.Mailbox!,
            EnvelopeId = message.EnvelopeId,
            ArrivalDate = message.AcceptedAt,
            Subject = message.Subject,
            Date = now,
            Recipients = wanted.Select(o => Describe(o, message, now)).ToList(),
            Returned = Join(task.Variant.Prefix, returned),
            IsWhole = isWhole,
        };
    }

    /// <summary>Hands the report in; <paramref name="settle"/> stores it together with the outcomes it tells about.</summary>
    public async ValueTask<IntakeResult> SendAsync(BounceReport report, QueuedMessage about, Func<IReadOnlyList<MessageDraft>, ValueTask> settle)
    {
        using var content = new MemoryStream();
        await composer.ComposeAsync(report, content);
        var bytes = content.ToArray();
        var submission = new Submission
        {
            Envelope = new Envelope
            {
                ReversePath = ReversePath.Null,
                Recipients = [new EnvelopeRecipient(report.To) { Notify = DsnNotify.Never }],
                BodyType = bytes.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)0x7f) ? BodyType.EightBitMime : BodyType.SevenBit,
                SmtpUtf8 = report.To.NeedsSmtpUtf8 || report.Recipients.Any(r => r.FinalRecipient.NeedsSmtpUtf8),
            },
            Door = Door.Internal,
            AccountId = about.AccountId,
            Stream = MailStream.Transactional,
        };
        return await door.AcceptAsync(bytes, submission, async drafts =>
        {
            await settle(drafts.Select(WithoutLeases).ToList());
            return [];
        });
    }

    private bool ReturnsWhole(DsnReturn asked, long sizeBytes) => asked switch
    {
        DsnReturn.Headers => false,
        DsnReturn.Full => sizeBytes <= options.Reports.MaxFullBytes,
        _ => options.Reports.Include switch
        {
            ReportContent.Headers => false,
            ReportContent.Full => sizeBytes <= options.Reports.MaxFullBytes,
            _ => sizeBytes <= Math.Min(options.Reports.AutoFullBytes, options.Reports.MaxFullBytes),
        },
    };

    private static BouncedRecipient Describe(ReportedOutcome reported, QueuedMessage message, DateTimeOffset now) => new()
    {
        FinalRecipient = reported.Recipient.Address,
        OriginalRecipient = reported.Recipient.OriginalRecipient,
        Action = reported.Action,
        Status = reported.Outcome.Status with { Class = ClassOf(reported.Action) },
        RemoteHost = reported.Outcome.RemoteHost,
        Reply = reported.Outcome.Reply,
        Text = reported.Outcome.Text,
        LastAttempt = now,
        WillRetryUntil = reported.Action == DeliveryAction.Delayed ? message.ExpiresAt : null,
    };

    private static int ClassOf(DeliveryAction action) => action switch
    {
        DeliveryAction.Failed => 5,
        DeliveryAction.Delayed => 4,
        _ => 2,
    };

    // A settle hands out no leases, so a report always starts by waiting to be leased.
    public static MessageDraft WithoutLeases(MessageDraft draft) => draft with
    {
        Variants = draft.Variants.Select(v => v with
        {
            Recipients = v.Recipients.Select(r => r.State == RecipientState.Leased ? r with { State = RecipientState.Ready } : r).ToList(),
        }).ToList(),
    };

    private static byte[] Join(ReadOnlyMemory<byte> prefix, ReadOnlyMemory<byte> content)
    {
        var joined = new byte[prefix.Length + content.Length];
        prefix.CopyTo(joined);
        content.CopyTo(joined.AsMemory(prefix.Length));
        return joined;
    }
}

/// <summary>An outcome with what its report says of it.</summary>
internal readonly record struct ReportedOutcome(QueuedRecipient Recipient, AttemptOutcome Outcome, DeliveryAction Action);
