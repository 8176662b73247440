using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>The state of one run: who is still open, on which connection.</summary>
internal sealed class AttemptRun(DeliveryJob job, SiteQueue queue, TaskContent content, SigningResult signing, TlsPolicy tls)
{
    private readonly Dictionary<long, AttemptOutcome> _outcomes = [];
    private readonly ReadOnlyMemory<byte> _prefix = Join(signing.Fields, job.Task.Variant.Prefix);

    public DeliveryJob Job { get; } = job;

    public SiteQueue Queue { get; } = queue;

    public TlsPolicy Tls { get; } = tls;

    /// <summary>Recipients without an outcome yet.</summary>
    public List<QueuedRecipient> Open { get; } = [.. job.Task.Recipients];

    public HashSet<string> ExcludedHosts { get; } = new(StringComparer.OrdinalIgnoreCase);

    public PeerConnection? Connection { get; set; }

    public bool IsReused { get; private set; }

    public bool MustBeFresh { get; set; }

    public int Transactions { get; set; }

    /// <summary>True when the last transaction left the connection fit for another one.</summary>
    public bool IsClean { get; private set; } = true;

    public AttemptOutcome? HostTrouble { get; set; }

    public SiteFeedback Feedback { get; set; } = SiteFeedback.Neutral;

    public long SizeBytes => _prefix.Length + content.SizeBytes;

    public bool NeedsSmtpUtf8 { get; init; }

    /// <summary>The variant's own return path, else the message's.</summary>
    public static ReversePath ReturnPathOf(DeliveryTask task) =>
        task.Variant.ReturnPath is { } own && Mailbox.TryParse(own, out var mailbox) ? new ReversePath(mailbox) : task.Message.ReversePath;

    public void Use(PeerConnection connection, bool isReused)
    {
        Connection = connection;
        IsReused = isReused;
    }

    public ClientTransaction TransactionFor(List<QueuedRecipient> recipients)
    {
        IsClean = false;
        var message = Job.Task.Message;
        return new ClientTransaction
        {
            Envelope = new Envelope
            {
                ReversePath = ReturnPathOf(Job.Task),
                Recipients = recipients.Select(r => new EnvelopeRecipient(r.Address) { Notify = r.Notify, OriginalRecipient = r.OriginalRecipient }).ToList(),
                BodyType = message.BodyType,
                SmtpUtf8 = NeedsSmtpUtf8,
                RequireTls = message.RequireTls,
                Return = message.Return,
                EnvelopeId = message.EnvelopeId,
            },
            Prefix = _prefix,
            Content = content.Memory ?? ReadOnlyMemory<byte>.Empty,
            ContentStream = content.Memory is null ? content.OpenStreamAsync : null,
            SizeBytes = SizeBytes,
        };
    }

    public static AttemptOutcome Describe(AttemptOutcome outcome, PeerConnection connection) => outcome with
    {
        RemoteHost = connection.Host.Name,
        RemoteAddress = connection.Address.ToString(),
        Tls = connection.TlsText,
        Conversation = outcome.IsFailure ? connection.Session.Conversation : null,
    };

    public void Observe(List<AttemptOutcome> outcomes, TransactionResult result)
    {
        IsClean = result.IsConnectionUsable;
        var telling = outcomes.Find(o => o.Reply is { Code: 421 }) ?? outcomes[^1];
        var isConnectionTrouble = telling.Reply is null or { Code: 421 };
        Feedback = isConnectionTrouble
            ? SiteFeedback.Failure(telling.Reply?.ToString() ?? telling.Text, telling.Reply)
            : SiteFeedback.Success with { Reply = telling.Reply };
    }

    public void Settle(QueuedRecipient recipient, AttemptOutcome outcome)
    {
        _outcomes[recipient.Id] = outcome;
        Open.Remove(recipient);
    }

    public void SettleOpen(AttemptOutcome outcome)
    {
        foreach (var recipient in Open)
        {
            _outcomes[recipient.Id] = outcome;
        }

        Open.Clear();
    }

    public AttemptResult ToResult()
    {
        var outcomes = Job.Task.Recipients.Select(r => new RecipientOutcome(r, _outcomes[r.Id])).ToList();
        return new AttemptResult
        {
            Outcomes = outcomes,
            Signature = signing.ToStore,
            Feedback = Feedback with
            {
                Delivered = outcomes.Count(o => o.Outcome.Kind == OutcomeKind.Delivered),
                Deferred = outcomes.Count(o => o.Outcome.Kind is OutcomeKind.Deferred or OutcomeKind.Unknown),
                Rejected = outcomes.Count(o => o.Outcome.Kind == OutcomeKind.Rejected),
            },
        };
    }

    private static ReadOnlyMemory<byte> Join(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        if (first.IsEmpty)
        {
            return second;
        }

        var joined = new byte[first.Length + second.Length];
        first.CopyTo(joined);
        second.CopyTo(joined.AsMemory(first.Length));
        return joined;
    }
}
