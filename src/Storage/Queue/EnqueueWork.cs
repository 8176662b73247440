using Relay.Queue;

namespace Relay.Storage;

/// <summary>Writes new messages: content, message, variants, recipients and events.</summary>
internal sealed class EnqueueWork(IdAllocator ids, LeaseNumbers leases, QueueLedger ledger, OutboxRows outbox)
{
    /// <exception cref="ArgumentException">A draft holds no recipient, or one in a state in which nothing begins.</exception>
    public static void Check(IReadOnlyList<MessageDraft> drafts)
    {
        foreach (var draft in drafts)
        {
            if (draft.Variants.Count == 0)
            {
                throw new ArgumentException("A draft needs at least one variant.", nameof(drafts));
            }

            foreach (var variant in draft.Variants)
            {
                Check(draft, variant);
            }
        }
    }

    private static void Check(MessageDraft draft, VariantDraft variant)
    {
        var content = variant.Content ?? draft.Content;
        if (content.Inline is null == content.FileName is null)
        {
            throw new ArgumentException("Content is either inline or in a file.", nameof(draft));
        }

        if (variant.Recipients.Count == 0)
        {
            throw new ArgumentException("A variant needs a recipient.", nameof(draft));
        }

        foreach (var recipient in variant.Recipients)
        {
            if (!CanBegin(recipient.State))
            {
                throw new ArgumentException("A recipient cannot begin in this state.", nameof(draft));
            }
        }
    }

    /// <param name="mayLease">False for reports stored by a settle, which hands out no tasks: what would be born leased is Ready.</param>
    public IReadOnlyList<DeliveryTask> Store(SqliteConnection connection, IReadOnlyList<MessageDraft> drafts, bool mayLease)
    {
        var grouping = new TaskGrouping(leases);
        var sources = new Dictionary<long, TaskSource>();
        foreach (var draft in drafts)
        {
            StoreDraft(connection, draft, mayLease ? grouping : null, sources);
        }

        return grouping.Build(variantId => sources[variantId]);
    }

    private static bool CanBegin(RecipientState state) => state
        is RecipientState.Scheduled or RecipientState.Ready or RecipientState.Leased
        or RecipientState.Held or RecipientState.Suppressed or RecipientState.Captured;

    private void StoreDraft(SqliteConnection connection, MessageDraft draft, TaskGrouping? grouping, Dictionary<long, TaskSource> sources)
    {
        var message = draft.Message;
        var place = Place(draft);
        MessageRow.Write(connection, message, place);

        ContentReference? shared = null;
        var flow = QueueFlow.Of(message).Id;
        var variantId = place.FirstVariant;
        var recipientId = place.FirstRecipient;
        foreach (var variantDraft in draft.Variants)
        {
            var content = variantDraft.Content is { } own
                ? StoreContent(connection, message.AccountId, own)
                : shared ??= StoreContent(connection, message.AccountId, draft.Content);
            var variant = new Variant { Id = variantId++, Content = content, Prefix = variantDraft.Prefix, ReturnPath = variantDraft.ReturnPath };
            VariantRow.Write(connection, message.AccountId, place.No, variant);
            foreach (var recipientDraft in variantDraft.Recipients)
            {
                StoreRecipient(connection, message, flow, place.No, NewRecipient(recipientDraft, message, variant.Id, recipientId++, grouping), grouping);
            }

            if (grouping is not null)
            {
                sources[variant.Id] = new TaskSource(message, variant, (variantDraft.Content ?? draft.Content).Inline);
            }
        }

        StoreEvents(connection, draft, place.FirstRecipient);
    }

    private ContentReference StoreContent(SqliteConnection connection, long accountId, SpooledContent content)
    {
        var id = ids.Next();
        VariantRow.WriteContent(connection, accountId, id, content);
        return new ContentReference(id, content.SizeBytes, content.HeaderBytes, content.FileName);
    }

    private MessagePlace Place(MessageDraft draft)
    {
        var recipients = 0;
        var open = 0;
        var captured = false;
        foreach (var variant in draft.Variants)
        {
            foreach (var recipient in variant.Recipients)
            {
                recipients++;
                open += recipient.State.IsFinal() ? 0 : 1;
                captured |= recipient.State == RecipientState.Captured;
            }
        }

        return new MessagePlace
        {
            No = ids.Next(),
            FirstVariant = ids.NextRange(draft.Variants.Count),
            VariantCount = draft.Variants.Count,
            FirstRecipient = ids.NextRange(recipients),
            RecipientCount = recipients,
            OpenRecipients = open,
            FinishedAt = open == 0 ? draft.Message.AcceptedAt : null,
            ContentClass = captured ? ContentClass.Captured : draft.Message.Door == Door.Http ? ContentClass.Http : ContentClass.Smtp,
        };
    }

    private static QueuedRecipient NewRecipient(
        RecipientDraft draft, QueuedMessage message, long variantId, long recipientId, TaskGrouping? grouping) => new()
        {
            Id = recipientId,
            MessageId = message.Id,
            VariantId = variantId,
            Address = draft.Address,
            QueueKey = draft.QueueKey,
            Notify = draft.Notify,
            OriginalRecipient = draft.OriginalRecipient,
            State = draft.State == RecipientState.Leased && grouping is null ? RecipientState.Ready : draft.State,
            NextAttempt = draft.NextAttempt,
            UpdatedAt = message.AcceptedAt,
            LastReply = draft.Reason,
        };

    private void StoreRecipient(
        SqliteConnection connection, QueuedMessage message, long flow, long messageNo, QueuedRecipient recipient, TaskGrouping? grouping)
    {
        LeaseToken? lease = recipient.State == RecipientState.Leased ? grouping!.Add(recipient) : null;
        RecipientRow.Write(connection, message, messageNo, recipient, flow, lease);
        ledger.Enter(new LaneKey(recipient.QueueKey, flow), recipient.State, recipient.NextAttempt);
    }

    private void StoreEvents(SqliteConnection connection, MessageDraft draft, long firstRecipient)
    {
        Dictionary<string, long>? idsByAddress = null;
        foreach (var draftEvent in draft.Events)
        {
            var deliveryEvent = draftEvent;
            if (draftEvent is { Recipient: { } address, RecipientId: null })
            {
                idsByAddress ??= IdsByAddress(draft, firstRecipient);
                deliveryEvent = draftEvent with { RecipientId = idsByAddress.TryGetValue(address, out var id) ? id : null };
            }

            outbox.Add(connection, deliveryEvent);
        }
    }

    private static Dictionary<string, long> IdsByAddress(MessageDraft draft, long firstRecipient)
    {
        var byAddress = new Dictionary<string, long>(StringComparer.Ordinal);
        var id = firstRecipient;
        foreach (var recipient in draft.Variants.SelectMany(variant => variant.Recipients))
        {
            byAddress.TryAdd(recipient.Address.ToString(), id++);
        }

        return byAddress;
    }
}
