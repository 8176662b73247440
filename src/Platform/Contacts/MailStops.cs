using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Contacts;

/// <summary>Entries on the suppression list for contacts that left: they stop what is already queued, just before it would be sent.</summary>
/// <remarks>What the person said stands for good; what the account said only for as long as mail can be in the queue.</remarks>
internal sealed class MailStops(ISuppressionStore suppressions, PlatformOptions options)
{
    /// <summary>The list of a book, as messages name it.</summary>
    public static string ListIdOf(ContactBook book) => book.Uid.ToString("D");

    /// <summary>What a change by the account means for mail already queued.</summary>
    public async ValueTask FollowAsync(ContactBook book, ContactWrite write, DateTimeOffset now)
    {
        if (write is { Before.State: ContactState.Subscribed, After.State: ContactState.Unsubscribed })
        {
            await suppressions.AddAsync(
                Entry(book.AccountId, write.After.Address, ScopeOf(book), now) with { Detail = $"unsubscribed from {book.Title} by the account", ExpiresAt = now + options.ExpireAfter },
                CancellationToken.None);
        }
        else if (write is { Before: null or { State: not ContactState.Subscribed }, After: { State: ContactState.Subscribed, Address: var address } })
        {
            await RemoveAsync(book.AccountId, address, book, entry => entry.Scope == ScopeOf(book) && entry.ExpiresAt is not null, CancellationToken.None);
        }
    }

    /// <summary>The person left.</summary>
    /// <param name="book">Null: all broadcasts of the account.</param>
    /// <returns>False when it stood there already.</returns>
    public ValueTask<bool> StopAsync(long accountId, Mailbox address, ContactBook? book, DateTimeOffset now, CancellationToken cancellationToken) =>
        suppressions.AddAsync(
            Entry(accountId, address, ScopeOf(book), now) with { Detail = book is null ? "unsubscribed from everything" : "unsubscribed from " + book.Title }, cancellationToken);

    /// <summary>The person left the mail of a stream.</summary>
    /// <returns>False when it stood there already.</returns>
    public ValueTask<bool> StopAsync(long accountId, Mailbox address, MailStream stream, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var scope = SuppressionScope.Of(stream);
        return suppressions.AddAsync(Entry(accountId, address, scope, now) with { Detail = $"unsubscribed from {scope}" }, cancellationToken);
    }

    /// <summary>Has the person left the mail of a stream?</summary>
    public async ValueTask<bool> IsStoppedAsync(long accountId, Mailbox address, MailStream stream, CancellationToken cancellationToken) =>
        (await suppressions.EntriesOfAsync(accountId, SuppressionKey.Of(address), cancellationToken))
            .Any(entry => entry.Reason == SuppressionReason.Unsubscribe && entry.Scope == SuppressionScope.Of(stream));

    /// <summary>The person came back to the mail of a stream.</summary>
    public ValueTask ResumeAsync(long accountId, Mailbox address, MailStream stream, CancellationToken cancellationToken) =>
        RemoveAsync(accountId, address, entry => entry.Scope == SuppressionScope.Of(stream), cancellationToken);

    /// <summary>The person came back: to the book, and so to broadcasts at all. What a bounce, a complaint or an operator said stays.</summary>
    public ValueTask ResumeAsync(long accountId, Mailbox address, ContactBook book, CancellationToken cancellationToken) =>
        RemoveAsync(accountId, address, book, entry => entry.Scope == ScopeOf(book) || entry.Scope == ScopeOf(null), cancellationToken);

    private static SuppressionScope ScopeOf(ContactBook? book) =>
        book is null ? SuppressionScope.Of(MailStream.Broadcast) : SuppressionScope.OfList(ListIdOf(book));

    private static Suppression Entry(long accountId, Mailbox address, SuppressionScope scope, DateTimeOffset now) => new()
    {
        AccountId = accountId,
        Address = SuppressionKey.Of(address),
        Scope = scope,
        Reason = SuppressionReason.Unsubscribe,
        CreatedAt = now,
    };

    private async ValueTask RemoveAsync(long accountId, Mailbox address, ContactBook book, Predicate<Suppression> isMeant, CancellationToken cancellationToken)
    {
        // Almost nobody has an entry, and to see that costs no look into the database.
        var query = new SuppressionQuery(accountId, [address]) { Stream = MailStream.Broadcast, ListId = ListIdOf(book) };
        if ((await suppressions.FindAsync(query, cancellationToken)).Count == 0)
        {
            return;
        }

        await RemoveAsync(accountId, address, isMeant, cancellationToken);
    }

    private async ValueTask RemoveAsync(long accountId, Mailbox address, Predicate<Suppression> isMeant, CancellationToken cancellationToken)
    {
        var key = SuppressionKey.Of(address);
        foreach (var entry in await suppressions.EntriesOfAsync(accountId, key, cancellationToken))
        {
            if (entry.Reason == SuppressionReason.Unsubscribe && isMeant(entry))
            {
                await suppressions.RemoveAsync(accountId, key, entry.Scope, cancellationToken);
            }
        }
    }
}
