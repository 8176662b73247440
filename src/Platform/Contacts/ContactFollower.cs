using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Contacts;

/// <summary>Ends subscriptions of people who call mail spam, and of addresses that do not exist.</summary>
/// <remarks>The suppression list stops their mail by itself; this shows it in the books. Doing it twice does no harm.</remarks>
internal sealed class ContactFollower(IContactStore store, ContactNotices notices, TimeProvider time) : IEventObserver
{
    public string Name => "contacts";

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => store.EventCursorAsync(cancellationToken);

    public async ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        foreach (var happened in events)
        {
            if (ReasonOf(happened) is { } reason && Mailbox.TryParse(happened.Recipient, out var address))
            {
                await LeaveAsync(happened, address, reason, cancellationToken);
            }
        }

        await store.SaveEventCursorAsync(events[^1].Sequence, cancellationToken);
    }

    private static UnsubscribeReason? ReasonOf(DeliveryEvent happened) => happened switch
    {
        { Kind: DeliveryEventKind.Complained } => UnsubscribeReason.Complaint,
        { Kind: DeliveryEventKind.Bounced, IsHard: true, Fault: FaultSide.Recipient } => UnsubscribeReason.Bounce,
        _ => null,
    };

    private async ValueTask LeaveAsync(DeliveryEvent happened, Mailbox address, UnsubscribeReason reason, CancellationToken cancellationToken)
    {
        // Most recipients are in no book, and to see that takes no turn of the writer.
        if ((await store.ListOfPersonAsync(happened.AccountId, address, cancellationToken)).Count == 0)
        {
            return;
        }

        var text = happened.Text is { Length: > ContactRules.MaxReasonLength } longer ? longer[..ContactRules.MaxReasonLength] : happened.Text;
        var writes = await store.WritePersonAsync(
            happened.AccountId, address, (left, _) => left, current => Ends(current, reason) ? ContactMerge.Leave(current, reason, text, happened.At) : null, time.GetUtcNow(), cancellationToken);
        foreach (var write in writes.Where(write => write.After is not null))
        {
            if (await store.FindBookAsync(write.After!.BookId, cancellationToken) is { } book)
            {
                await notices.WrittenAsync(book, write);
            }
        }
    }

    // What the person said themselves stays.
    private static bool Ends(Contact contact, UnsubscribeReason reason) =>
        contact.State != ContactState.Unsubscribed || (reason == UnsubscribeReason.Complaint && contact.Reason is (UnsubscribeReason.Sender or UnsubscribeReason.Bounce));
}
