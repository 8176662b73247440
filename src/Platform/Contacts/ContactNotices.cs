using System.Text.Json;
using Microsoft.Extensions.Logging;
using Relay.Platform.Webhooks;
using Relay.Queue;

namespace Relay.Platform.Contacts;

/// <summary>Tells the account's webhooks what became of its contacts.</summary>
/// <remarks>The contact is changed already when this is called: a notice that cannot be kept is told in the log and does not undo anything.</remarks>
internal sealed class ContactNotices(IWebhookPublisher publisher, TimeProvider time, ILogger<ContactNotices> log)
{
    public const string Created = "contact.created";
    public const string Updated = "contact.updated";
    public const string Subscribed = "contact.subscribed";
    public const string Unsubscribed = "contact.unsubscribed";
    public const string Deleted = "contact.deleted";

    public static readonly IReadOnlyList<(string Type, string Meaning)> Types =
    [
        (Created, "a contact came into a book, but for imports"),
        (Updated, "a contact's names, properties or tags changed, but for imports"),
        (Subscribed, "a contact confirmed, or was subscribed again"),
        (Unsubscribed, "a contact left a book, or everything"),
        (Deleted, "a contact was removed from a book"),
    ];

    /// <summary>What a write did, if anything.</summary>
    public ValueTask WrittenAsync(ContactBook book, ContactWrite write) => write switch
    {
        { After: null } => ValueTask.CompletedTask,
        { Before: null } => PublishAsync(Created, book, write.After),
        _ when write.Before.IsSubscribed != write.After.IsSubscribed => PublishAsync(write.After.IsSubscribed ? Subscribed : Unsubscribed, book, write.After),
        _ => PublishAsync(Updated, book, write.After),
    };

    public ValueTask RemovedAsync(ContactBook book, Contact contact) => PublishAsync(Deleted, book, contact);

    private async ValueTask PublishAsync(string type, ContactBook book, Contact contact)
    {
        try
        {
            await publisher.PublishAsync(
                new WebhookNotice
                {
                    AccountId = book.AccountId,
                    Type = type,
                    At = time.GetUtcNow(),
                    Data = JsonSerializer.SerializeToNode(ContactAnswer.Of(book, contact), ApiJson.Options)!.AsObject(),
                },
                CancellationToken.None);
        }
        catch (StoreUnavailableException trouble)
        {
            ContactLog.NoticeLost(log, type, trouble);
        }
    }
}
