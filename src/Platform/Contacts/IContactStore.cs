using Relay.Mail;

namespace Relay.Platform.Contacts;

/// <summary>Books and their contacts, separate for each account. Thread safe; changes are durable when a method returns.</summary>
public interface IContactStore
{
    /// <returns>The book with its row number; null when the account has <paramref name="maxBooks"/> already.</returns>
    ValueTask<ContactBook?> AddBookAsync(ContactBook book, int maxBooks, CancellationToken cancellationToken);

    /// <summary>Null when the account has no such book.</summary>
    ValueTask<ContactBook?> FindBookAsync(long accountId, Guid uid, CancellationToken cancellationToken);

    /// <summary>By row number, of whatever account.</summary>
    ValueTask<ContactBook?> FindBookAsync(long id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    ValueTask<IReadOnlyList<ContactBook>> ListBooksAsync(long accountId, CancellationToken cancellationToken);

    /// <returns>The book as it is now; null when it is gone.</returns>
    /// <param name="change">Pure; runs inside the transaction.</param>
    ValueTask<ContactBook?> ChangeBookAsync(long accountId, Guid uid, Func<ContactBook, ContactBook> change, CancellationToken cancellationToken);

    /// <summary>Makes the book invisible at once; <see cref="SweepAsync"/> removes its contacts.</summary>
    ValueTask<bool> RemoveBookAsync(long accountId, Guid uid, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Removes what is left of removed books, in pieces, and notes of imports older than <paramref name="importsBefore"/>.</summary>
    ValueTask SweepAsync(DateTimeOffset importsBefore, CancellationToken cancellationToken);

    /// <summary>Null when the book has no such contact.</summary>
    ValueTask<Contact?> FindAsync(long accountId, long bookId, Guid uid, CancellationToken cancellationToken);

    /// <summary>By address, as addresses of contacts are compared.</summary>
    ValueTask<Contact?> FindAsync(long accountId, long bookId, Mailbox address, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<Contact>> ListAsync(
        long accountId, long bookId, ContactFilter filter, ContactOrder order, int skip, int limit, CancellationToken cancellationToken);

    /// <summary>Contacts behind <paramref name="afterId"/> by row number.</summary>
    ValueTask<IReadOnlyList<Contact>> ReadPageAsync(
        long accountId, long bookId, ContactFilter filter, long afterId, int limit, CancellationToken cancellationToken);

    ValueTask<long> CountAsync(long accountId, long bookId, ContactFilter filter, CancellationToken cancellationToken);

    /// <summary>The person's places in all books of the account.</summary>
    ValueTask<IReadOnlyList<Contact>> ListOfPersonAsync(long accountId, Mailbox address, CancellationToken cancellationToken);

    /// <summary>Tags of a book with the number of contacts, by name.</summary>
    ValueTask<IReadOnlyList<KeyValuePair<string, long>>> TagsAsync(long accountId, long bookId, int limit, CancellationToken cancellationToken);

    /// <summary>Names of properties that contacts of the book have, by name.</summary>
    ValueTask<IReadOnlyList<string>> PropertyNamesAsync(long accountId, long bookId, int limit, CancellationToken cancellationToken);

    /// <summary>Makes or changes contacts, all in one transaction.</summary>
    /// <returns>One for each draft, in their order; null when the book is gone. A draft with an id alone that is unknown writes nothing.</returns>
    ValueTask<IReadOnlyList<ContactWrite>?> WriteAsync(
        long accountId, long bookId, IReadOnlyList<ContactDraft> drafts, ContactChange change, CancellationToken cancellationToken);

    /// <summary>Changes the places of one person in all books where <paramref name="change"/> says so, and what holds for all of them.</summary>
    /// <param name="leftAllAt">Called with when the person left everything, and all places; its result is stored.</param>
    ValueTask<IReadOnlyList<ContactWrite>> WritePersonAsync(
        long accountId, Mailbox address, Func<DateTimeOffset?, IReadOnlyList<Contact>, DateTimeOffset?> leftAllAt, Func<Contact, Contact?> change, DateTimeOffset now, CancellationToken cancellationToken);

    /// <returns>The contacts that were removed.</returns>
    ValueTask<IReadOnlyList<Contact>> RemoveAsync(long accountId, long bookId, IReadOnlyList<Guid> uids, CancellationToken cancellationToken);

    /// <summary>Pending contacts that are to be asked now, the longest due first.</summary>
    ValueTask<IReadOnlyList<Contact>> DueInvitationsAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>The last event that was followed; 0 before the first.</summary>
    ValueTask<long> EventCursorAsync(CancellationToken cancellationToken);

    ValueTask SaveEventCursorAsync(long sequence, CancellationToken cancellationToken);

    /// <summary>When the next contact is to be asked; null: none is.</summary>
    ValueTask<DateTimeOffset?> NextInvitationAsync(CancellationToken cancellationToken);
}

/// <summary>What imports write.</summary>
public interface IContactImportStore
{
    /// <summary>Null when it has not begun.</summary>
    ValueTask<ImportProgress?> FindAsync(long accountId, Guid jobId, CancellationToken cancellationToken);

    /// <summary>Writes rows until about 20 ms are over, 1,000 at most, and how far it came, in one transaction.</summary>
    /// <returns>How far it is now; null when the book is gone.</returns>
    ValueTask<ImportProgress?> WriteAsync(ImportProgress progress, IReadOnlyList<ImportRow> rows, ContactChange change, CancellationToken cancellationToken);
}

/// <summary>How far an import has come.</summary>
/// <param name="Position">Octets of the file dealt with.</param>
/// <param name="ReportBytes">Octets of the report that belong to them.</param>
/// <param name="Rows">Rows dealt with.</param>
public sealed record ImportProgress(
    Guid JobId, long AccountId, long BookId, long Position, long ReportBytes, long Rows, long Created, long Updated, long Failed, DateTimeOffset UpdatedAt);

/// <summary>One row of a file.</summary>
/// <param name="End">Octets of the file up to its end.</param>
/// <param name="ReportEnd">Octets of the report up to what stands there of it.</param>
/// <param name="Draft">Null: it cannot be taken; the report says why.</param>
public sealed record ImportRow(long End, long ReportEnd, ContactDraft? Draft)
{
    /// <summary>Nothing stands there: no contact, and no fault.</summary>
    public bool IsBlank { get; init; }
}
