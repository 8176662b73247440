using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>The queue as plain lists under one lock: slow and obvious, the oracle for every real store. Forgets all when dropped.</summary>
public sealed partial class MemoryQueueStore(TimeProvider time) : IQueueStore, IEventOutbox, IQueueAges, IFinishedMail
{
    private const int MaxTaskRecipients = 100;

    private readonly Lock _lock = new();
    private readonly List<Entry> _messages = [];
    private readonly List<DeliveryEvent> _events = [];
    private readonly HashSet<QueueLane> _touched = [];
    private bool _addedEvents;
    private long _nextId = 1;
    private long _nextLease = 1;
    private long _epoch = 1;

    public event Action<QueueLane, DateTimeOffset>? LaneDue;

    /// <summary>Where retention deletes content files; none by default.</summary>
    public ISpool? Spool { get; set; }

    /// <summary>What to report; an unhealthy store also refuses to enqueue and settle.</summary>
    public StoreHealth Health { get; set; } = StoreHealth.Healthy;

    private IEnumerable<Row> Rows => _messages.SelectMany(message => message.Rows);

    /// <summary>What opening a durable store again does: a new epoch begins, and what was leased is Ready.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            _epoch++;
            foreach (var row in Rows.Where(row => row.Recipient.State == RecipientState.Leased).ToList())
            {
                row.Lease = null;
                row.Recipient = row.Recipient with
                {
                    State = RecipientState.Ready,
                    NextAttempt = row.Recipient.NextAttempt < now ? row.Recipient.NextAttempt : now,
                    UpdatedAt = now,
                };
            }
        }
    }

    /// <summary>Inline content by its id; null when it is gone or in a file.</summary>
    public ReadOnlyMemory<byte>? InlineContent(long contentId)
    {
        lock (_lock)
        {
            return _messages.Where(message => message.HasContent).Select(message => message.Inline(contentId)).FirstOrDefault(inline => inline is not null);
        }
    }

    public ValueTask<IReadOnlyList<DeliveryTask>> EnqueueAsync(IReadOnlyList<MessageDraft> drafts)
    {
        RequireHealthy();
        RequireValid(drafts);
        return Change<IReadOnlyList<DeliveryTask>>(() =>
        {
            var leased = new List<Row>();
            foreach (var draft in drafts)
            {
                leased.AddRange(Add(draft, mayLease: true).Rows.Where(row => row.Recipient.State == RecipientState.Leased));
            }

            return MakeTasks(leased, withContent: true);
        });
    }

    private static void RequireValid(IReadOnlyList<MessageDraft> drafts)
    {
        foreach (var draft in drafts)
        {
            if (draft.Variants.Count == 0 || draft.Variants.Any(variant => variant.Recipients.Count == 0))
            {
                throw new ArgumentException("A draft needs at least one variant, and each variant a recipient.", nameof(drafts));
            }

            if (draft.Contents().Any(content => content.Inline is null == content.FileName is null))
            {
                throw new ArgumentException("Content is either inline or in a file.", nameof(drafts));
            }

            if (draft.Variants.SelectMany(variant => variant.Recipients).Any(recipient =>
                recipient.State is RecipientState.Deferred or RecipientState.Delivered or RecipientState.Bounced
                    or RecipientState.Expired or RecipientState.Cancelled))
            {
                throw new ArgumentException("A recipient cannot begin in this state.", nameof(drafts));
            }
        }
    }

    private void RequireHealthy()
    {
        if (!Health.IsHealthy)
        {
            throw new StoreUnavailableException(Health.Reason ?? "The store is unwell.");
        }
    }

    private Entry Add(MessageDraft draft, bool mayLease)
    {
        var entry = new Entry { Message = draft.Message };
        ContentReference? shared = null;
        _messages.Add(entry);
        foreach (var variantDraft in draft.Variants)
        {
            var content = variantDraft.Content is { } own ? entry.Hold(_nextId++, own) : shared ??= entry.Hold(_nextId++, draft.Content);
            var variant = new Variant { Id = _nextId++, Content = content, Prefix = variantDraft.Prefix, ReturnPath = variantDraft.ReturnPath };
            entry.Variants.Add(variant);
            entry.Rows.AddRange(variantDraft.Recipients.Select(recipient => NewRow(entry, variant, recipient, mayLease)));
        }

        _touched.UnionWith(entry.Rows.Where(row => row.Recipient.State.IsWaiting()).Select(row => row.Lane));
        entry.FinishedAt = entry.Rows.All(row => row.Recipient.State.IsFinal()) ? draft.Message.AcceptedAt : null;
        foreach (var draftEvent in draft.Events)
        {
            var match = entry.Rows.FirstOrDefault(row => row.Recipient.Address.ToString() == draftEvent.Recipient);
            Add(draftEvent with { RecipientId = draftEvent.RecipientId ?? match?.Recipient.Id });
        }

        return entry;
    }

    private Row NewRow(Entry entry, Variant variant, RecipientDraft draft, bool mayLease) => new(entry)
    {
        Recipient = new QueuedRecipient
        {
            Id = _nextId++,
            MessageId = entry.Message.Id,
            VariantId = variant.Id,
            Address = draft.Address,
            QueueKey = draft.QueueKey,
            Notify = draft.Notify,
            OriginalRecipient = draft.OriginalRecipient,
            State = draft.State == RecipientState.Leased && !mayLease ? RecipientState.Ready : draft.State,
            NextAttempt = draft.NextAttempt,
            UpdatedAt = entry.Message.AcceptedAt,
            LastReply = draft.Reason,
        },
    };

    private Row? Find(long recipientId) => Rows.FirstOrDefault(row => row.Recipient.Id == recipientId);

    private ValueTask<T> Query<T>(Func<T> read)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(read());
        }
    }

    private ValueTask<T> Change<T>(Func<T> change)
    {
        T result;
        List<(QueueLane Lane, DateTimeOffset Due)> due;
        bool addedEvents;
        lock (_lock)
        {
            result = change();
            due = [.. _touched.SelectMany(lane => Rows.Where(row => row.Lane == lane && row.Recipient.State.IsWaiting())
                .GroupBy(row => row.Lane)
                .Select(group => (lane, group.Min(row => row.Recipient.NextAttempt))))];
            addedEvents = _addedEvents;
            _touched.Clear();
            _addedEvents = false;
        }

        due.ForEach(lane => LaneDue?.Invoke(lane.Lane, lane.Due));
        if (addedEvents)
        {
            EventsAdded?.Invoke();
        }

        return ValueTask.FromResult(result);
    }

    private sealed class Entry
    {
        public required QueuedMessage Message { get; set; }

        public List<Variant> Variants { get; } = [];

        public List<Row> Rows { get; } = [];

        private readonly Dictionary<long, ReadOnlyMemory<byte>?> _inline = [];

        public IEnumerable<string> Files => Variants.Select(variant => variant.Content.FileName).OfType<string>().Distinct();

        public ContentReference Hold(long id, SpooledContent content)
        {
            _inline[id] = content.Inline;
            return new ContentReference(id, content.SizeBytes, content.HeaderBytes, content.FileName);
        }

        public ReadOnlyMemory<byte>? Inline(long contentId) => _inline.GetValueOrDefault(contentId);

        public void MoveDates(DateTimeOffset date)
        {
            for (var i = 0; i < Variants.Count; i++)
            {
                if (DateField.Replace(Variants[i].Prefix.Span, date) is { } prefix)
                {
                    Variants[i] = Variants[i] with { Prefix = prefix, Signature = null };
                }
            }
        }

        public bool HasContent { get; set; } = true;

        public DateTimeOffset? FinishedAt { get; set; }

        public TimeSpan ContentRule(RetentionRules rules) =>
            Rows.Any(row => row.Recipient.State == RecipientState.Captured) ? rules.ContentCaptured
            : Message.Door == Door.Http ? rules.ContentHttp
            : rules.ContentSmtp;
    }

    private sealed class Row(Entry message)
    {
        public Entry Message { get; } = message;

        public required QueuedRecipient Recipient { get; set; }

        public LeaseToken? Lease { get; set; }

        public QueueLane Lane => new(Recipient.QueueKey, QueueFlow.Of(Message.Message));
    }
}
