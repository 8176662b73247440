using Relay.Mail;

namespace Relay.Queue;

/// <summary>May these addresses be sent to by this mail? Entries of the account always count.</summary>
public sealed record SuppressionQuery(long AccountId, IReadOnlyList<Mailbox> Addresses)
{
    /// <summary>Null: entries of streams do not count.</summary>
    public MailStream? Stream { get; init; }

    /// <summary>Null: entries of lists do not count.</summary>
    public string? ListId { get; init; }

    public static SuppressionQuery Of(QueuedMessage message, IReadOnlyList<Mailbox> addresses) =>
        new(message.AccountId, addresses) { Stream = message.Stream, ListId = message.ListId };

    /// <summary>From the widest to the narrowest.</summary>
    public IEnumerable<SuppressionScope> Scopes()
    {
        yield return SuppressionScope.Account;
        if (Stream is { } stream)
        {
            yield return SuppressionScope.Of(stream);
        }

        if (ListId is { } list)
        {
            yield return SuppressionScope.OfList(list);
        }
    }

    /// <summary>The first of the entries of one address that counts for this mail.</summary>
    public Suppression? Choose(IReadOnlyCollection<Suppression> entries, DateTimeOffset now) => entries.Count == 0
        ? null
        : Scopes().Select(scope => entries.FirstOrDefault(entry => entry.Scope == scope && !(entry.ExpiresAt <= now))).FirstOrDefault(entry => entry is not null);
}

/// <summary>A page of the list.</summary>
public sealed record SuppressionListing(long AccountId)
{
    /// <summary>Only this scope; null: all.</summary>
    public SuppressionScope? Scope { get; init; }

    public SuppressionReason? Reason { get; init; }

    /// <summary>Address of the last entry of an earlier page; null from the beginning.</summary>
    public string? After { get; init; }

    /// <summary>Scope of that entry.</summary>
    public SuppressionScope AfterScope { get; init; }

    public int Limit { get; init; } = 50;
}
