using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Campaigns;

/// <summary>Who is in a book, page by page, and how they can leave it. Thread safe.</summary>
public interface ICampaignAudience
{
    /// <summary>Null when the account has no such book.</summary>
    ValueTask<AudienceBook?> FindBookAsync(long accountId, Guid bookUid, CancellationToken cancellationToken);

    /// <summary>How many of the book would be written to now.</summary>
    ValueTask<long> CountAsync(AudienceBook book, CancellationToken cancellationToken);

    /// <summary>Members behind <paramref name="afterId"/> in the order of their ids, subscribed or not; empty at the end.</summary>
    ValueTask<IReadOnlyList<AudienceMember>> ReadPageAsync(AudienceBook book, long afterId, int limit, CancellationToken cancellationToken);

    /// <summary>By id or by address; null when the book has no such member.</summary>
    ValueTask<AudienceMember?> FindAsync(AudienceBook book, string idOrAddress, CancellationToken cancellationToken);

    /// <summary>Where this member ends the subscription, by one click of a program (RFC 8058) and by a page; null while the public listener is closed.</summary>
    /// <param name="message">In which the link stands, so that leaving counts for it.</param>
    Uri? UnsubscribeUrl(AudienceMember member, QueueId message);
}

/// <param name="Properties">Values for contacts that have none of their own.</param>
public sealed record AudienceBook(long AccountId, long Id, Guid Uid, string Name, IReadOnlyDictionary<string, string> Properties);

/// <summary>One contact of a book.</summary>
public sealed record AudienceMember
{
    /// <summary>Row number, rising in the order of <see cref="ICampaignAudience.ReadPageAsync"/>.</summary>
    public required long Id { get; init; }

    public required Guid Uid { get; init; }

    public required long AccountId { get; init; }

    public required long BookId { get; init; }

    public required Mailbox Address { get; init; }

    public string? FirstName { get; init; }

    public string? LastName { get; init; }

    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>Wants the mail of this book.</summary>
    public required bool IsSubscribed { get; init; }

    /// <summary>When a subscription ended first; null for who is subscribed, and for who never was.</summary>
    public DateTimeOffset? LeftAt { get; init; }
}
