using Microsoft.Extensions.Logging;
using Relay.Mail;

namespace Relay.Queue;

/// <summary>The one door into the queue: SMTP, HTTP and our own reports all come through here.</summary>
/// <remarks>
/// 1. Content streams into the spool as it arrives; the header block is kept aside. 2. Loops and broken headers are refused.
/// 3. Trace fields are made: Received, and Date and Message-ID where a submission lacks them. 4. Suppressed recipients settle at
/// once; where the site has room the others are born leased. 5. Content, envelope and events become durable in one commit.
/// 6. Only then the caller gets an id, and delivery its tasks. Trouble before 5 leaves nothing behind and answers 451.
/// </remarks>
public sealed class MessageIntake
{
    private static readonly SmtpReply TryAgain = SmtpReply.Of(451, "4.3.0", "the message could not be stored; try again later");

    private readonly ISpool _spool;
    private readonly IQueueStore _store;
    private readonly RecipientPlanner _recipients;
    private readonly TraceFields _trace;
    private readonly IntakeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<MessageIntake> _log;

    public MessageIntake(
        ISpool spool,
        IQueueStore store,
        ISuppressionStore suppressions,
        IImmediateDispatch dispatch,
        IntakeOptions options,
        TimeProvider time,
        ILogger<MessageIntake> log)
    {
        _spool = spool;
        _store = store;
        _recipients = new RecipientPlanner(suppressions, dispatch);
        _trace = new TraceFields(options.Hostname);
        _options = options;
        _time = time;
        _log = log;
    }

    /// <summary>Can a message be taken now? Asked before content is read, so that nothing is transferred in vain.</summary>
    public StoreHealth Health => _spool.Health is { IsHealthy: false } unwell ? unwell : _store.Health;

    /// <summary>Starts receiving content; dispose it, accepted or not.</summary>
    public IncomingContent Begin() => new(_spool.Begin(), _options.MaxHeaderBytes);

    /// <summary>Accepts one message durably, or says with which reply it is refused.</summary>
    /// <param name="commit">Replaces the plain enqueue when something else must be written in the same transaction.</param>
    public async ValueTask<IntakeResult> AcceptAsync(IncomingContent content, Submission submission, CommitStep? commit = null)
    {
        var now = _time.GetUtcNow();
        var facts = content.ReadHeader();
        if (Refuse(content, facts) is { } refusal)
        {
            QueueMetrics.Refused.Add(1);
            return new IntakeResult { Refusal = refusal };
        }

        var message = Describe(content, submission, facts, now);
        try
        {
            using var plan = await _recipients.PlanAsync(message, submission, content.LengthBytes, now);
            var draft = await DraftAsync(content, submission, facts, message, plan);
            await CommitAsync(draft, plan, commit);
        }
        catch (Exception trouble) when (trouble is SpoolException or StoreUnavailableException)
        {
            QueueLog.NotStored(_log, trouble, trouble.Message);
            return new IntakeResult { Refusal = TryAgain };
        }

        QueueMetrics.Accepted.Add(1);
        QueueLog.Accepted(_log, message.Id, submission.Envelope.Recipients.Count, message.SizeBytes);
        return new IntakeResult { Id = message.Id };
    }

    private SmtpReply? Refuse(IncomingContent content, HeaderFacts facts)
    {
        if (content.IsHeaderTooLarge)
        {
            return SmtpReply.Of(552, "5.3.4", $"the header block is larger than {_options.MaxHeaderBytes} octets");
        }

        if (facts.ReceivedCount > _options.MaxReceivedFields || facts.CountReceivedBy(_options.Hostname) > _options.MaxReceivedByUs)
        {
            return SmtpReply.Of(554, "5.4.6", $"mail loop: the message has passed {facts.ReceivedCount} hosts already");
        }

        return null;
    }

    private QueuedMessage Describe(IncomingContent content, Submission submission, HeaderFacts facts, DateTimeOffset now)
    {
        var id = QueueId.New(now);
        var envelope = submission.Envelope;
        return new QueuedMessage
        {
            Id = id,
            AccountId = submission.AccountId,
            Door = submission.Door,
            CredentialId = submission.CredentialId,
            Stream = submission.Stream,
            Tags = submission.Tags,
            Priority = submission.Priority,
            AcceptedAt = now,
            NotBefore = submission.NotBefore,
            ExpiresAt = submission.ExpiresAt ?? (submission.NotBefore ?? now) + _options.ExpireAfter,
            ReversePath = envelope.ReversePath,
            BodyType = envelope.BodyType,
            SmtpUtf8 = envelope.SmtpUtf8,
            RequireTls = envelope.RequireTls,
            Return = envelope.Return,
            EnvelopeId = envelope.EnvelopeId,
            HeaderFrom = facts.From,
            FromDomain = facts.FromDomain ?? envelope.ReversePath.Mailbox?.Domain?.Ascii,
            Subject = facts.Subject,
            MessageId = facts.MessageId ?? (submission.CompleteHeaders ? _trace.MessageId(id) : null),
            IdempotencyKey = submission.IdempotencyKey,
            ClientAddress = submission.Trace?.ClientAddress.ToString(),
            SizeBytes = content.LengthBytes,
        };
    }

    private async ValueTask<MessageDraft> DraftAsync(
        IncomingContent content, Submission submission, HeaderFacts facts, QueuedMessage message, RecipientPlan plan)
    {
        var prefix = _trace.Compose(message, submission, facts);
        var spooled = await content.CommitAsync();
        return new MessageDraft
        {
            Message = message,
            Content = spooled,
            Variants = [new VariantDraft { Prefix = prefix, Recipients = plan.Recipients }],
            Events = plan.Events,
        };
    }

    private async ValueTask CommitAsync(MessageDraft draft, RecipientPlan plan, CommitStep? commit)
    {
        try
        {
            var tasks = await (commit is null ? _store.EnqueueAsync([draft]) : commit([draft]));
            plan.HandOver(tasks);
        }
        catch when (draft.Content.FileName is { } fileName)
        {
            await _spool.DeleteFileAsync(fileName, CancellationToken.None);
            throw;
        }
    }
}

/// <summary>Writes drafts durably, in one transaction with whatever else belongs to them; returns the tasks born leased.</summary>
public delegate ValueTask<IReadOnlyList<DeliveryTask>> CommitStep(IReadOnlyList<MessageDraft> drafts);

/// <summary>Either the id of the durable message or the reply that refuses it.</summary>
public sealed record IntakeResult
{
    public QueueId? Id { get; init; }

    public SmtpReply? Refusal { get; init; }
}
