using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>The state of one run: who is still open, on which connection.</summary>
internal sealed class AttemptRun(DeliveryJob job, SiteQueue queue, OutgoingMessage accepted, TlsPolicy tls)
{
    private readonly Dictionary<long, AttemptOutcome> _outcomes = [];

    public DeliveryJob Job { get; } = job;

    public SiteQueue Queue { get; } = queue;

    public TlsPolicy Tls { get; } = tls;

    /// <summary>The least of what site, source and the mail's own limits say.</summary>
    public int MaxRecipientsPerTransaction =>
        Math.Min(Math.Min(Queue.Path.Limits.MaxRecipientsPerTransaction.Value, Queue.MaxRecipientsPerTransaction), Job.MaxRecipientsPerTransaction);

    /// <summary>Recipients without an outcome yet.</summary>
    public List<QueuedRecipient> Open { get; } = [.. job.Task.Recipients];

    public DialExclusions ExcludedHosts { get; } = new();

    public PeerConnection? Connection { get; set; }

    public bool IsReused { get; private set; }

    public bool MustBeFresh { get; set; }

    public int Transactions { get; set; }

    /// <summary>True when the last transaction left the connection fit for another one.</summary>
    public bool IsClean { get; private set; } = true;

    public AttemptOutcome? HostTrouble { get; set; }

    public SiteFeedback Feedback { get; set; } = SiteFeedback.Neutral;

    /// <summary>As it was accepted.</summary>
    public OutgoingMessage Accepted { get; } = accepted;

    /// <summary>In 7 bits; null until a peer needed it so.</summary>
    public OutgoingMessage? SevenBit { get; set; }

    /// <summary>What goes over the present connection.</summary>
    public OutgoingMessage Message { get; set; } = accepted;

    /// <summary>The extensions of the present connection's peer that may be relied upon.</summary>
    public PeerExtensions Peer { get; set; } = PeerExtensions.None;

    /// <summary>Whether BDAT is used at all.</summary>
    public bool UseChunking { get; init; }

    /// <summary>Reverse-path or header need it; recipients that do are asked about one by one.</summary>
    public SmtpUtf8Need SmtpUtf8 { get; init; }

    /// <summary>What stands in MAIL (<see cref="ReturnPaths"/>).</summary>
    public required ReversePath ReturnPath { get; init; }

    public void Use(PeerConnection connection, bool isReused)
    {
        Connection = connection;
        IsReused = isReused;
    }

    /// <summary>Behind whose final dot nothing is known yet: the peer may have the message.</summary>
    public IReadOnlyList<QueuedRecipient> InDoubt { get; set; } = [];

    /// <param name="beforeFinalDot">Told which recipients the final dot is for.</param>
    public ClientTransaction TransactionFor(List<QueuedRecipient> recipients, Func<IReadOnlyList<QueuedRecipient>, ValueTask> beforeFinalDot)
    {
        IsClean = false;
        var message = Job.Task.Message;
        return new ClientTransaction
        {
            Envelope = new Envelope
            {
                ReversePath = ReturnPath,
                Recipients = recipients.Select(r => new EnvelopeRecipient(r.Address) { Notify = r.Notify, OriginalRecipient = r.OriginalRecipient }).ToList(),
                BodyType = Message.BodyType,
                SmtpUtf8 = SmtpUtf8 != SmtpUtf8Need.None,
                RequireTls = message.RequireTls,
                Return = message.Return,
                EnvelopeId = message.EnvelopeId,
            },
            Prefix = Message.Prefix,
            Content = Message.Content.Memory ?? ReadOnlyMemory<byte>.Empty,
            ContentStream = Message.Content.Memory is null ? Message.Content.OpenStreamAsync : null,
            SizeBytes = Message.SizeBytes,
            UseChunking = UseChunking && Peer.Chunking,
            UsePipelining = Peer.Pipelining,
            BeforeFinalDot = taken => beforeFinalDot([.. taken.Select(i => recipients[i])]),
        };
    }

    public static AttemptOutcome Describe(AttemptOutcome outcome, PeerConnection connection) => outcome with
    {
        RemoteHost = connection.Host.Name,
        RemoteAddress = connection.Address,
        IsForeign = connection.Host.IsForeign,
        Tls = connection.TlsText,
        Conversation = outcome.IsFailure ? connection.Session.Conversation : null,
        IsPassedToDsnPeer = outcome.Kind == OutcomeKind.Delivered && connection.Session.Extensions.Dsn,
    };

    public void Observe(List<AttemptOutcome> outcomes, TransactionResult result)
    {
        IsClean = result.IsConnectionUsable;
        var telling = outcomes.Find(o => o.Reply is { Code: 421 }) ?? outcomes[^1];
        var isConnectionTrouble = telling.Reply is null or { Code: 421 };
        Feedback = telling.IsForeign ? SiteFeedback.Neutral
            : isConnectionTrouble ? SiteFeedback.Failure(telling.Reply?.ToString() ?? telling.Text, telling.Reply) with { Host = telling.RemoteHost }
            : SiteFeedback.Success with { Reply = telling.Reply, Host = telling.RemoteHost };
    }

    public void Settle(QueuedRecipient recipient, AttemptOutcome outcome)
    {
        _outcomes[recipient.Id] = outcome;
        Open.Remove(recipient);
    }

    /// <summary>The connection is given up while the peer may have the message.</summary>
    public void SettleInDoubt(string reason)
    {
        foreach (var recipient in InDoubt.Where(Open.Contains).ToList())
        {
            var result = new RecipientResult(null, TransactionStep.FinalDot, MayHaveBeenAccepted: true);
            Settle(recipient, Describe(OutcomeClassifier.Classify(result, reason), Connection!));
        }

        InDoubt = [];
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
            Signature = Accepted.ToStore,
            Feedback = Feedback.Counting(outcomes),
        };
    }
}

/// <summary>Why a message needs SMTPUTF8 whoever its recipients are (RFC 6531 §3.4).</summary>
internal enum SmtpUtf8Need
{
    None,
    ReversePath,
    Header,
}
