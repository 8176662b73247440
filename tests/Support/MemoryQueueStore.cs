using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>The queue as plain lists under one lock: slow and obvious, the oracle for every real store. Forgets all when dropped.</summary>
public sealed class MemoryQueueStore(TimeProvider time) : IQueueStore, IEventOutbox, IQueueAges, IFinishedMail
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

    public event Action? EventsAdded;

    /// <summary>Where retention deletes content files; none by default.</summary>
    public ISpool? Spool { get; set; }

    /// <summary>What to report; an unhealthy store also refuses to enqueue and settle.</summary>
    public StoreHealth Health { get; set; } = StoreHealth.Healthy;

    /// <summary>Every event ever stored, pruned or not.</summary>
    public IReadOnlyList<DeliveryEvent> AllEvents { get; private set; } = [];

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

    public ValueTask<IReadOnlyList<DeliveryTask>> LeaseDueAsync(QueueLane lane, int maxRecipients, CancellationToken cancellationToken) =>
        Change<IReadOnlyList<DeliveryTask>>(() =>
        {
            var now = time.GetUtcNow();
            var due = Rows.Where(row => row.Lane == lane && row.Recipient.State.IsWaiting() && row.Recipient.NextAttempt <= now)
                .OrderBy(row => row.Message.Message.Priority)
                .ThenBy(row => row.Recipient.NextAttempt)
                .ThenBy(row => row.Recipient.Id)
                .Take(maxRecipients)
                .ToList();
            foreach (var row in due)
            {
                row.Recipient = row.Recipient with { State = RecipientState.Leased, UpdatedAt = now };
                _touched.Add(lane);
            }

            return MakeTasks(due, withContent: false);
        });

    public ValueTask<bool> SettleAsync(Settlement settlement)
    {
        RequireHealthy();
        RequireValid(settlement);
        return Change(() => Settle(settlement));
    }

    public async ValueTask ReturnLeaseAsync(DeliveryTask task, DateTimeOffset? notBefore) =>
        await Change(() =>
        {
            var now = time.GetUtcNow();
            foreach (var row in task.Recipients.Select(recipient => Find(recipient.Id)).Where(row => row?.Lease == task.Lease).OfType<Row>())
            {
                row.Lease = null;
                row.Recipient = row.Recipient with
                {
                    State = row.Recipient.Attempts > 0 ? RecipientState.Deferred : RecipientState.Ready,
                    NextAttempt = notBefore ?? (row.Recipient.NextAttempt < now ? row.Recipient.NextAttempt : now),
                    UpdatedAt = now,
                };
                _touched.Add(row.Lane);
            }

            return true;
        });

    public ValueTask<IReadOnlyList<DueLane>> DueLanesAsync(DateTimeOffset dueBy, DueLane? after, int limit, CancellationToken cancellationToken) =>
        Query<IReadOnlyList<DueLane>>(() =>
        [
            .. Rows.Where(row => row.Recipient.State.IsWaiting())
                .GroupBy(row => row.Lane)
                .Select(group => new DueLane(group.Key, group.Min(row => row.Recipient.NextAttempt)))
                .Where(key => key.NextDue <= dueBy)
                .Where(key => after is null || Compare(key, after) > 0)
                .Order(Comparer<DueLane>.Create(Compare))
                .Take(limit),
        ]);

    private static int Compare(DueLane left, DueLane right) => left.NextDue != right.NextDue
        ? left.NextDue.CompareTo(right.NextDue)
        : string.CompareOrdinal(left.QueueKey, right.QueueKey) is not 0 and var byKey ? byKey
        : left.Lane.Flow.Id.CompareTo(right.Lane.Flow.Id);

    public ValueTask<QueueActionResult> ApplyAsync(QueueAction action, QueueCriteria criteria, CancellationToken cancellationToken)
    {
        if (!criteria.HasCondition)
        {
            throw new ArgumentException("An act needs a condition, or to say that it means all.", nameof(criteria));
        }

        return Change(() =>
        {
            var matching = Rows.Where(row => Matches(row, criteria)).ToList();
            var affected = matching.Count(row => Apply(row, action, criteria));
            return new QueueActionResult(affected, matching.Count(row => row.Recipient.State == RecipientState.Leased));
        });
    }

    public ValueTask<int> BringForwardAsync(string queueKey, int limit, CancellationToken cancellationToken) => Change(() =>
    {
        var now = time.GetUtcNow();
        var rows = Rows.Where(row => row.Recipient.QueueKey == queueKey && row.Recipient.State == RecipientState.Deferred && row.Recipient.NextAttempt > now)
            .OrderBy(row => row.Message.Message.Priority)
            .ThenBy(row => row.Recipient.NextAttempt)
            .Take(limit)
            .ToList();
        foreach (var row in rows)
        {
            row.Recipient = row.Recipient with { NextAttempt = now, UpdatedAt = now };
            _touched.Add(row.Lane);
        }

        return rows.Count;
    });

    public ValueTask<MessageDetails?> FindAsync(QueueId id, CancellationToken cancellationToken) =>
        Query(() => _messages.FirstOrDefault(message => message.Message.Id == id) is { } found
            ? new MessageDetails
            {
                Message = found.Message,
                Variants = [.. found.Variants],
                Recipients = [.. found.Rows.Select(row => row.Recipient)],
                HasContent = found.HasContent,
            }
            : null);

    public ValueTask<bool> RescheduleAsync(QueueId id, DateTimeOffset notBefore, DateTimeOffset expiresAt, string actor) =>
        Change(() => ChangeScheduled(id, (message, row) =>
        {
            row.Recipient = row.Recipient with { NextAttempt = notBefore, UpdatedAt = time.GetUtcNow() };
            if (row.Message.Message.NotBefore != notBefore || row.Message.Message.ExpiresAt != expiresAt)
            {
                row.Message.Message = message with { NotBefore = notBefore, ExpiresAt = expiresAt };
                row.Message.MoveDates(notBefore);
            }

            _touched.Add(row.Lane);
        }, message => Add(new DeliveryEvent
        {
            Kind = DeliveryEventKind.Rescheduled,
            At = time.GetUtcNow(),
            AccountId = message.AccountId,
            MessageId = id,
            Actor = actor,
            NextAttempt = notBefore,
        })));

    public ValueTask<bool> WithdrawAsync(QueueId id, string actor) =>
        Change(() => ChangeScheduled(id, (_, row) => Apply(row, QueueAction.Cancel, new QueueCriteria { Actor = actor }), _ => { }));

    public ValueTask<IReadOnlyDictionary<QueueId, QueuedMessage>> FactsAsync(
        IReadOnlyCollection<QueueId> ids, CancellationToken cancellationToken) =>
        Query<IReadOnlyDictionary<QueueId, QueuedMessage>>(() =>
            _messages.Where(message => ids.Contains(message.Message.Id)).ToDictionary(message => message.Message.Id, message => message.Message));

    public ValueTask<int> CountAheadAsync(long recipientId, CancellationToken cancellationToken) => Query(() =>
        Find(recipientId) is { } me
            ? Rows.Count(row => row.Lane == me.Lane && row.Message.Message.Priority == me.Message.Message.Priority
                && row.Recipient.State.IsWaiting() && row.Recipient.NextAttempt < me.Recipient.NextAttempt)
            : 0);

    public ValueTask<QueuePage> ListAsync(QueueFilter filter, CancellationToken cancellationToken) =>
        Query(() =>
        {
            var limit = Math.Clamp(filter.Limit, 1, 500);
            var rows = Rows.Where(row => Matches(row, filter)).OrderByDescending(row => row.Recipient.Id).Take(limit + 1).ToList();
            var entries = rows.Take(limit).Select(row => new QueueEntry(row.Message.Message, row.Recipient)).ToList();
            return new QueuePage(entries, rows.Count > limit ? entries[^1].Recipient.Id : null);
        });

    public ValueTask<QueueSummary> SummaryAsync(int maxKeys, CancellationToken cancellationToken) =>
        Query(() => new QueueSummary(
            Rows.GroupBy(row => row.Recipient.State).ToDictionary(group => group.Key, group => group.LongCount()),
            [
                .. Rows.Where(row => !row.Recipient.State.IsFinal())
                    .GroupBy(row => row.Recipient.QueueKey)
                    .Select(Summarise)
                    .OrderByDescending(key => key.Waiting + key.Leased + key.Held)
                    .ThenBy(key => key.QueueKey, StringComparer.Ordinal)
                    .Take(maxKeys),
            ])
        {
            OldestOpen = _messages.Where(message => message.FinishedAt is null).Min(message => (DateTimeOffset?)message.Message.AcceptedAt),
        });

    public ValueTask<IReadOnlyList<QueueAgeRow>> AgesAsync(QueueGrouping grouping, int maxRows, CancellationToken cancellationToken) =>
        Query<IReadOnlyList<QueueAgeRow>>(() =>
        {
            var now = time.GetUtcNow();
            return
            [
                .. Rows.Where(row => !row.Recipient.State.IsFinal())
                    .GroupBy(row => GroupOf(row, grouping))
                    .Select(group => QueueAgeRow.Of(
                        group.Key,
                        group.Count(),
                        [.. QueueAgeRow.AgeBounds.Select(bound => group.LongCount(row => row.Message.Message.AcceptedAt > now - bound))]))
                    .OrderByDescending(row => row.Total)
                    .ThenBy(row => row.Name, StringComparer.Ordinal)
                    .Take(maxRows),
            ];
        });

    public ValueTask<bool> DeleteAsync(QueueId id, CancellationToken cancellationToken) =>
        Change(() => _messages.RemoveAll(message => message.Message.Id == id && message.FinishedAt is not null) > 0);

    public ValueTask<int> DeleteCapturedAsync(CancellationToken cancellationToken) =>
        Change(() => _messages.RemoveAll(message =>
            message is { FinishedAt: not null, HasContent: true } && message.Rows.Exists(row => row.Recipient.State == RecipientState.Captured)));

    private static string GroupOf(Row row, QueueGrouping grouping) => grouping switch
    {
        QueueGrouping.Domain => row.Recipient.QueueKey.Split('#')[0],
        QueueGrouping.Sender => row.Message.Message.ReversePath.Mailbox?.DomainText ?? string.Empty,
        QueueGrouping.Account => row.Message.Message.AccountId.ToString(System.Globalization.CultureInfo.InvariantCulture),
        QueueGrouping.Stream => row.Message.Message.Stream.ToString().ToLowerInvariant(),
        QueueGrouping.State => row.Recipient.State.ToString().ToLowerInvariant(),
        _ => string.Empty,
    };

    public async ValueTask<int> ApplyRetentionAsync(RetentionRules rules, CancellationToken cancellationToken)
    {
        var files = new List<string>();
        var deleted = await Change(() =>
        {
            var now = time.GetUtcNow();
            var count = 0;
            foreach (var message in _messages.Where(message => message.FinishedAt is not null).ToList())
            {
                var isOld = message.FinishedAt <= now - rules.Messages;
                if (message.HasContent && (isOld || message.FinishedAt <= now - message.ContentRule(rules)))
                {
                    message.HasContent = false;
                    files.AddRange(message.Files);
                    count++;
                }

                if (isOld)
                {
                    _messages.Remove(message);
                }
            }

            return count;
        });
        foreach (var file in Spool is null ? [] : files)
        {
            await Spool!.DeleteFileAsync(file, cancellationToken);
        }

        return deleted;
    }

    public ValueTask<bool> IsFileReferencedAsync(string fileName, CancellationToken cancellationToken) =>
        Query(() => _messages.Any(message => message.HasContent && message.Files.Contains(fileName)));

    public ValueTask<IReadOnlyList<DeliveryEvent>> ReadAsync(long after, int limit, CancellationToken cancellationToken) =>
        Query<IReadOnlyList<DeliveryEvent>>(() => [.. _events.Where(stored => stored.Sequence > after).Take(limit)]);

    public async ValueTask AppendAsync(IReadOnlyList<DeliveryEvent> events)
    {
        RequireHealthy();
        await Change(() =>
        {
            foreach (var added in events)
            {
                Add(added);
            }

            return true;
        });
    }

    public async ValueTask PruneAsync(long through, CancellationToken cancellationToken) =>
        await Change(() => _events.RemoveAll(stored => stored.Sequence <= through));

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

    private static void RequireValid(Settlement settlement)
    {
        if (settlement.Recipients.Count == 0
            || settlement.Recipients.Any(recipient => recipient.State is not (RecipientState.Deferred or RecipientState.Held) && !recipient.State.IsFinal())
            || settlement.Recipients.Any(recipient => recipient is { State: RecipientState.Deferred, NextAttempt: null })
            || settlement.Recipients.DistinctBy(recipient => recipient.RecipientId).Count() != settlement.Recipients.Count)
        {
            throw new ArgumentException("The settlement is not complete.", nameof(settlement));
        }

        RequireValid(settlement.Reports);
    }

    private static bool Matches(Row row, QueueCriteria criteria) =>
        !row.Recipient.State.IsFinal()
        && (criteria.MessageId is null || row.Recipient.MessageId == criteria.MessageId)
        && (criteria.RecipientId is null || row.Recipient.Id == criteria.RecipientId)
        && (criteria.QueueKey is null || IsForm(row.Recipient.QueueKey, criteria.QueueKey))
        && (criteria.SenderDomain is null || row.Message.Message.ReversePath.Mailbox?.DomainText == criteria.SenderDomain)
        && (criteria.States is null || row.Recipient.State == RecipientState.Leased || criteria.States.Contains(row.Recipient.State))
        && (criteria.AccountId is null || row.Message.Message.AccountId == criteria.AccountId)
        && (criteria.Tag is null || (row.Message.Message.Tags is [var tag, ..] ? tag : null) == criteria.Tag)
        && (criteria.Stream is null || row.Message.Message.Stream == criteria.Stream)
        && (criteria.AcceptedBefore is null || row.Message.Message.AcceptedAt < criteria.AcceptedBefore)
        && (criteria.Reply is null || row.Recipient.LastReply?.Contains(criteria.Reply, StringComparison.OrdinalIgnoreCase) == true);

    // A key, or one with a routing rule behind it.
    private static bool IsForm(string queueKey, string asked) => queueKey == asked || queueKey.StartsWith(asked + "#", StringComparison.Ordinal);

    private static bool Matches(Row row, QueueFilter filter) =>
        (filter.States is null || filter.States.Contains(row.Recipient.State))
        && (filter.QueueKey is null || IsForm(row.Recipient.QueueKey, filter.QueueKey))
        && (filter.Before is null || row.Recipient.Id < filter.Before)
        && (filter.Search is null
            || new[] { row.Recipient.Address.ToString(), row.Message.Message.HeaderFrom, row.Message.Message.Subject }
                .Any(text => text?.Contains(filter.Search, StringComparison.OrdinalIgnoreCase) == true));

    private static KeySummary Summarise(IGrouping<string, Row> group)
    {
        var waiting = group.Where(row => row.Recipient.State.IsWaiting()).ToList();
        return new KeySummary(
            group.Key,
            waiting.Count,
            group.Count(row => row.Recipient.State == RecipientState.Leased),
            group.Count(row => row.Recipient.State == RecipientState.Held),
            waiting.Min(row => (DateTimeOffset?)row.Recipient.NextAttempt));
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

    private void Add(DeliveryEvent deliveryEvent)
    {
        var stored = deliveryEvent with { Sequence = _nextId++ };
        _events.Add(stored);
        AllEvents = [.. AllEvents, stored];
        _addedEvents = true;
    }

    private List<DeliveryTask> MakeTasks(List<Row> leased, bool withContent)
    {
        var tasks = new List<DeliveryTask>();
        foreach (var group in leased.GroupBy(row => (row.Recipient.VariantId, row.Recipient.QueueKey)))
        {
            foreach (var rows in group.Chunk(MaxTaskRecipients))
            {
                var lease = new LeaseToken(_epoch, _nextLease++);
                Array.ForEach(rows, row => row.Lease = lease);
                var message = rows[0].Message;
                var taskVariant = message.Variants.Single(variant => variant.Id == group.Key.VariantId);
                tasks.Add(new DeliveryTask
                {
                    Lease = lease,
                    Message = message.Message,
                    Variant = taskVariant,
                    QueueKey = group.Key.QueueKey,
                    Recipients = [.. rows.Select(row => row.Recipient)],
                    Content = withContent ? message.Inline(taskVariant.Content.Id) : null,
                });
            }
        }

        return tasks;
    }

    private bool Settle(Settlement settlement)
    {
        var rows = settlement.Recipients.Select(recipient => Find(recipient.RecipientId)).ToList();
        if (rows.Any(row => row?.Lease != settlement.Lease || row.Recipient.VariantId != settlement.VariantId))
        {
            return false;
        }

        var now = time.GetUtcNow();
        foreach (var (recipient, row) in settlement.Recipients.Zip(rows.OfType<Row>()))
        {
            row.Lease = null;
            row.Recipient = row.Recipient with
            {
                State = recipient.State,
                Attempts = recipient.Attempts,
                NextAttempt = recipient.NextAttempt ?? row.Recipient.NextAttempt,
                UpdatedAt = now,
                LastReply = recipient.LastReply,
                LastHost = recipient.LastHost,
                IsDelayReported = row.Recipient.IsDelayReported || recipient.IsDelayReported,
            };
            Moved(row, RecipientState.Leased, now);
            Add(recipient.Event with { RecipientId = recipient.Event.RecipientId ?? recipient.RecipientId });
        }

        var message = rows[0]!.Message;
        if (settlement.Signature is { } signature)
        {
            var at = message.Variants.FindIndex(variant => variant.Id == settlement.VariantId);
            message.Variants[at] = message.Variants[at] with { Signature = signature };
        }

        foreach (var report in settlement.Reports)
        {
            Add(report, mayLease: false);
        }

        return true;
    }

    private bool ChangeScheduled(QueueId id, Action<QueuedMessage, Row> change, Action<QueuedMessage> done)
    {
        var open = Rows.Where(row => row.Recipient.MessageId == id && !row.Recipient.State.IsFinal()).ToList();
        if (open.Count == 0 || open.Any(row => row.Recipient.State != RecipientState.Scheduled))
        {
            return false;
        }

        var message = open[0].Message.Message;
        open.ForEach(row => change(message, row));
        done(message);
        return true;
    }

    private bool Apply(Row row, QueueAction action, QueueCriteria criteria)
    {
        var now = time.GetUtcNow();
        var old = row.Recipient;
        var waits = old.State.IsWaiting();
        var notBefore = row.Message.Message.NotBefore;
        (RecipientState State, DeliveryEventKind Kind)? change = action switch
        {
            QueueAction.Hold when waits => (RecipientState.Held, DeliveryEventKind.Held),
            QueueAction.Release when old.State == RecipientState.Held =>
                (notBefore > now ? RecipientState.Scheduled : RecipientState.Ready, DeliveryEventKind.Released),
            QueueAction.RetryNow when waits && (old.State != RecipientState.Ready || old.NextAttempt > now) =>
                (RecipientState.Ready, DeliveryEventKind.RetryRequested),
            QueueAction.Cancel when waits || old.State == RecipientState.Held => (RecipientState.Cancelled, DeliveryEventKind.Cancelled),
            QueueAction.Bounce when waits || old.State == RecipientState.Held => (RecipientState.Bounced, DeliveryEventKind.Bounced),
            QueueAction.Rebind when waits => (notBefore > now ? RecipientState.Scheduled : RecipientState.Ready, DeliveryEventKind.RetryRequested),
            _ => null,
        };
        if (change is not { } made)
        {
            return false;
        }

        if (action == QueueAction.Rebind)
        {
            _touched.Add(row.Lane);
            old = old with { QueueKey = QueueCriteria.RebindKey(old.QueueKey, criteria.Rebind ?? "domain") };
        }

        row.Recipient = old with
        {
            State = made.State,
            IsReleased = old.IsReleased || made.Kind == DeliveryEventKind.Released,
            NextAttempt = made.State switch
            {
                RecipientState.Ready => now,
                RecipientState.Scheduled => notBefore ?? now,
                _ => old.NextAttempt,
            },
            UpdatedAt = now,
        };
        Moved(row, old.State, now);
        Add(new DeliveryEvent
        {
            Kind = made.Kind,
            At = now,
            AccountId = row.Message.Message.AccountId,
            MessageId = old.MessageId,
            RecipientId = old.Id,
            Recipient = old.Address.ToString(),
            Actor = criteria.Actor,
            Text = action == QueueAction.Bounce ? criteria.Reason ?? "given up by an operator"
                : action == QueueAction.Rebind ? "sent another way: " + criteria.Rebind
                : null,
            Class = action == QueueAction.Bounce ? "local" : null,
            Fault = action == QueueAction.Bounce ? FaultSide.Relay : FaultSide.None,
        });
        return true;
    }

    private void Moved(Row row, RecipientState from, DateTimeOffset now)
    {
        if (from.IsWaiting() || row.Recipient.State.IsWaiting())
        {
            _touched.Add(row.Lane);
        }

        if (row.Message.FinishedAt is null && row.Message.Rows.All(other => other.Recipient.State.IsFinal()))
        {
            row.Message.FinishedAt = now;
        }
    }

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
