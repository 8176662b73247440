using Microsoft.Extensions.Logging;
using Relay.Mail;

namespace Relay.Queue;

/// <summary>The one door into the queue: SMTP, HTTP and our own reports all come through here.</summary>
/// <remarks>
/// 1. Content streams into the spool as it arrives; the header block is kept aside. 2. Loops and broken headers are refused.
/// 3. Trace fields are made: Received, Date and Message-ID where a submission lacks them, and what its stream adds; where that differs by
/// recipient, each gets a variant. 4. Suppressed recipients settle at once; where the site has room the others are born leased.
/// 5. Content, envelope and events become durable in one commit. 6. Only then the caller gets an id, and delivery its tasks. Trouble
/// before 5 leaves nothing behind and answers 451.
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
    private readonly QueueBound? _bound;
    private readonly IStreamFields? _streams;
    private readonly MessageGates _gates;
    private readonly ILogger<MessageIntake> _log;

    /// <param name="keys">Null: by domain alone.</param>
    /// <param name="bound">Null: the queue may grow as it will.</param>
    /// <param name="streams">Null: streams add no fields.</param>
    /// <param name="gates">May hold or refuse what else would be taken; null: none.</param>
    public MessageIntake(
        ISpool spool,
        IQueueStore store,
        ISuppressionStore suppressions,
        IImmediateDispatch dispatch,
        IntakeOptions options,
        TimeProvider time,
        ILogger<MessageIntake> log,
        IQueueKeys? keys = null,
        QueueBound? bound = null,
        IStreamFields? streams = null,
        IEnumerable<IMessageGate>? gates = null)
    {
        _bound = bound;
        _streams = streams;
        _gates = new MessageGates(gates ?? []);
        _spool = spool;
        _store = store;
        _recipients = new RecipientPlanner(suppressions, dispatch, keys ?? new DomainKeys(), options.ReceivedDomains);
        _trace = new TraceFields(options.Hostname);
        _options = options;
        _time = time;
        _log = log;
    }

    /// <summary>Can a message be taken now? Asked before content is read, so that nothing is transferred in vain.</summary>
    public StoreHealth Health =>
        _spool.Health is { IsHealthy: false } unwell ? unwell
        : _store.Health is { IsHealthy: false } failing ? failing
        : _bound?.Health ?? StoreHealth.Healthy;

    /// <summary>Starts receiving content; dispose it, accepted or not.</summary>
    public IncomingContent Begin() => new(_spool.Begin(), _options.MaxHeaderBytes);

    /// <summary>Accepts one message durably, or says with which reply it is refused.</summary>
    /// <param name="commit">Replaces the plain enqueue when something else must be written in the same transaction.</param>
    public async ValueTask<IntakeResult> AcceptAsync(IncomingContent content, Submission submission, CommitStep? commit = null) =>
        (await AcceptAsync([new IncomingMessage(submission, content)], commit ?? _store.EnqueueAsync))[0];

    /// <summary>Accepts all messages in one commit, or none of them.</summary>
    /// <returns>
    /// One result for each message, in their order: ids for all, or the refusals of those that are at fault; the others then have neither.
    /// </returns>
    /// <param name="commit">Writes the drafts together with what belongs to them; what it throws, but for trouble of the store, goes to the caller.</param>
    public async ValueTask<IReadOnlyList<IntakeResult>> AcceptAsync(IReadOnlyList<IncomingMessage> messages, CommitStep commit)
    {
        var now = _time.GetUtcNow();
        var facts = messages.Select(ReadHeaders).ToList();
        var described = messages.Zip(facts, (message, header) => Describe(message.Content, message.Submission, header, now)).ToList();
        var fields = messages.Select((message, i) => FieldsOf(message.Submission, described[i], facts[i])).ToList();
        var verdicts = messages.Select((message, i) => _gates.Judge(described[i], message, fields[i], facts[i].Block)).ToList();
        var refusals = messages.Select((message, i) => Refuse(message, facts[i]) ?? verdicts[i]?.Reply).ToList();
        if (refusals.Exists(refusal => refusal is not null))
        {
            QueueMetrics.Refused.Add(messages.Count);
            return [.. refusals.Select((refusal, i) => new IntakeResult { Refusal = refusal, Findings = refusal is null || refusal != verdicts[i]?.Reply ? [] : verdicts[i]!.Findings })];
        }

        var entries = new List<IntakeEntry>(messages.Count);
        try
        {
            for (var i = 0; i < messages.Count; i++)
            {
                entries.Add(await PlanAsync(messages[i], facts[i], described[i], fields[i], verdicts[i], now));
            }

            HandOver(entries, await StoreAsync(messages, entries, commit));
        }
        catch (Exception trouble) when (trouble is SpoolException or StoreUnavailableException)
        {
            QueueLog.NotStored(_log, trouble, trouble.Message);
            return [.. messages.Select(_ => new IntakeResult { Refusal = TryAgain })];
        }
        finally
        {
            entries.ForEach(entry => entry.Dispose());
        }

        return Report(entries);
    }

    private StreamFields FieldsOf(Submission submission, QueuedMessage message, HeaderFacts facts) =>
        submission.AddStreamFields && _streams is not null ? _streams.For(message, facts.Block) : StreamFields.None;

    private async ValueTask<IntakeEntry> PlanAsync(
        IncomingMessage incoming, HeaderFacts facts, QueuedMessage message, StreamFields fields, GateVerdict? verdict, DateTimeOffset now)
    {
        var variants = await _recipients.PlanAsync(message, incoming, fields.Own is not null, verdict, now);
        return new IntakeEntry(incoming, message, Prefix, variants);

        byte[] Prefix(VariantPlan variant) => _trace.Compose(message, incoming.Submission, facts, fields.Shared + fields.Own?.Invoke(variant.Plan.Recipients[0].Address));
    }

    private async ValueTask<IReadOnlyList<DeliveryTask>> StoreAsync(
        IReadOnlyList<IncomingMessage> messages, List<IntakeEntry> entries, CommitStep commit)
    {
        var spooled = new Dictionary<IncomingContent, SpooledContent>();
        try
        {
            foreach (var content in messages.SelectMany(message => message.Contents()))
            {
                spooled.Add(content, await content.CommitAsync());
            }

            // Before the commit: events of the message may be followed before it returns.
            entries.ForEach(entry => TraceContexts.Remember(entry.Message.Id));
            return await commit([.. entries.Select(entry => entry.Draft(spooled))]);
        }
        catch
        {
            foreach (var fileName in spooled.Values.Select(content => content.FileName).OfType<string>())
            {
                await _spool.DeleteFileAsync(fileName, CancellationToken.None);
            }

            throw;
        }
    }

    private static void HandOver(List<IntakeEntry> entries, IReadOnlyList<DeliveryTask> tasks)
    {
        var byId = entries.ToDictionary(entry => entry.Message.Id);
        foreach (var task in tasks)
        {
            byId[task.Message.Id].HandOver(task);
        }
    }

    private List<IntakeResult> Report(List<IntakeEntry> entries)
    {
        foreach (var entry in entries)
        {
            QueueLog.Accepted(_log, entry.Message.Id, entry.Submission.Envelope.Recipients.Count, entry.Message.SizeBytes);
        }

        QueueMetrics.Accepted.Add(entries.Count);
        return [.. entries.Select(entry => new IntakeResult { Id = entry.Message.Id })];
    }

    private static HeaderFacts ReadHeaders(IncomingMessage message)
    {
        // Every header block ends here; the facts are those of the shared content.
        var facts = message.Contents().Select(content => content.ReadHeader()).ToList();
        return facts[0];
    }

    private SmtpReply? Refuse(IncomingMessage message, HeaderFacts facts)
    {
        if (message.Contents().Any(content => content.IsHeaderTooLarge))
        {
            return SmtpReply.Of(552, "5.3.4", $"the header block is larger than {_options.MaxHeaderBytes} octets");
        }

        if (facts.Block.IsCut)
        {
            return SmtpReply.Of(552, "5.3.4", $"the header block has more than {HeaderBlock.MaxFields} fields");
        }

        if (facts.ReceivedCount > _options.MaxReceivedFields || facts.CountReceivedBy(_options.Hostname) > _options.MaxReceivedByUs)
        {
            return SmtpReply.Of(554, "5.4.6", $"mail loop: the message has passed {facts.ReceivedCount} hosts already");
        }

        return message.Submission.Review?.Invoke(facts.Block);
    }

    private QueuedMessage Describe(IncomingContent content, Submission submission, HeaderFacts facts, DateTimeOffset now)
    {
        var id = submission.Id ?? QueueId.New(now);
        var envelope = submission.Envelope;
        return new QueuedMessage
        {
            Id = id,
            AccountId = submission.AccountId,
            Door = submission.Door,
            CredentialId = submission.CredentialId,
            User = submission.User,
            Stream = submission.Stream,
            ListId = submission.ListId,
            Tags = submission.Tags,
            Priority = submission.Priority,
            AcceptedAt = now,
            NotBefore = submission.NotBefore,
            ExpiresAt = submission.ExpiresAt ?? (submission.NotBefore ?? now) + _options.ExpireAfterOf(submission.Stream),
            ReversePath = envelope.ReversePath,
            BodyType = envelope.BodyType,
            SmtpUtf8 = envelope.SmtpUtf8,
            RequireTls = envelope.RequireTls,
            Return = envelope.Return,
            EnvelopeId = envelope.EnvelopeId,
            HeaderFrom = facts.From,
            FromDomain = submission.IsForeign ? null : facts.FromDomain ?? envelope.ReversePath.Mailbox?.Domain?.Ascii,
            Subject = facts.Subject,
            MessageId = facts.MessageId ?? (submission.AddMessageId ? _trace.MessageId(id) : null),
            IdempotencyKey = submission.IdempotencyKey,
            ClientAddress = submission.ClientAddress ?? (submission.Trace is { LocalUserId: { } user } ? $"userid {user}" : submission.Trace?.ClientAddress.ToString()),
            SizeBytes = content.LengthBytes,
        };
    }
}

/// <summary>Writes drafts durably, in one transaction with whatever else belongs to them; returns the tasks born leased.</summary>
public delegate ValueTask<IReadOnlyList<DeliveryTask>> CommitStep(IReadOnlyList<MessageDraft> drafts);

/// <summary>Either the id of the durable message or the reply that refuses it; neither when another message of the same call is at fault.</summary>
public sealed record IntakeResult
{
    public QueueId? Id { get; init; }

    public SmtpReply? Refusal { get; init; }

    /// <summary>Rules of large receivers that <see cref="Refusal"/> is about; empty for other refusals.</summary>
    public IReadOnlyList<ComplianceFinding> Findings { get; init; } = [];
}
