using Relay.Platform.Contacts;
using Relay.Queue;

namespace Relay.Platform.Campaigns;

/// <summary>Contact books as audiences.</summary>
internal sealed class ContactAudience(IContactStore contacts, UnsubscribeLinks links) : ICampaignAudience
{
    private static readonly ContactFilter Subscribed = new() { IsSubscribed = true };

    public async ValueTask<AudienceBook?> FindBookAsync(long accountId, Guid bookUid, CancellationToken cancellationToken) =>
        await contacts.FindBookAsync(accountId, bookUid, cancellationToken) is { } book
            ? new AudienceBook(accountId, book.Id, book.Uid, book.Name, book.Properties)
            : null;

    public ValueTask<long> CountAsync(AudienceBook book, CancellationToken cancellationToken) =>
        contacts.CountAsync(book.AccountId, book.Id, Subscribed, cancellationToken);

    public async ValueTask<IReadOnlyList<AudienceMember>> ReadPageAsync(AudienceBook book, long afterId, int limit, CancellationToken cancellationToken) =>
        [.. (await contacts.ReadPageAsync(book.AccountId, book.Id, ContactFilter.Any, afterId, limit, cancellationToken)).Select(Member)];

    public async ValueTask<AudienceMember?> FindAsync(AudienceBook book, string idOrAddress, CancellationToken cancellationToken)
    {
        var found = Guid.TryParse(idOrAddress, out var uid) ? await contacts.FindAsync(book.AccountId, book.Id, uid, cancellationToken)
            : ContactAddress.TryParse(idOrAddress, out var address) ? await contacts.FindAsync(book.AccountId, book.Id, address, cancellationToken)
            : null;
        return found is null ? null : Member(found);
    }

    public Uri? UnsubscribeUrl(AudienceMember member, QueueId message) =>
        links.UrlOf(member.AccountId, member.BookId, member.Id, member.Address, message);

    private static AudienceMember Member(Contact contact) => new()
    {
        Id = contact.Id,
        Uid = contact.Uid,
        AccountId = contact.AccountId,
        BookId = contact.BookId,
        Address = contact.Address,
        FirstName = contact.FirstName,
        LastName = contact.LastName,
        Properties = contact.Properties,
        IsSubscribed = contact.IsSubscribed,
        LeftAt = contact.IsSubscribed || contact.SubscribedAt is null ? null : Earlier(contact.UnsubscribedAt, contact.LeftAllAt),
    };

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;
}
