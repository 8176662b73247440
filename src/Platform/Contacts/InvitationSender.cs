using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Platform.Contacts;

/// <summary>Asks pending contacts, in the background: whatever is wrong with the mail never hinders making the contact.</summary>
/// <remarks>
/// Who is to be asked stands with the contact, in the transaction that made it. What cannot be sent is tried again with growing delay, and
/// given up after some tries; it can be asked for again then. A crash between mail and note asks twice, never not at all.
/// </remarks>
internal sealed class InvitationSender(
    IContactStore store, IInvitationMail mail, InvitationSignal signal, TimeProvider time, ILogger<InvitationSender> log) : BackgroundService
{
    private const int PieceRows = 100;

    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(6), TimeSpan.FromHours(24),
    ];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => BackgroundLoop.RunAsync(RoundAsync, Failed, time, stoppingToken);

    private async ValueTask<TimeSpan> RoundAsync(CancellationToken stoppingToken)
    {
        while (await SendDueAsync(stoppingToken))
        {
        }

        var wait = await store.NextInvitationAsync(stoppingToken) - time.GetUtcNow() ?? Idle;
        await signal.WaitAsync(wait < TimeSpan.Zero ? TimeSpan.Zero : wait < Idle ? wait : Idle, time, stoppingToken);
        return TimeSpan.Zero;
    }

    private TimeSpan Failed(Exception trouble)
    {
        ContactLog.InvitationsFailed(log, trouble);
        return Delays[0];
    }

    /// <summary>Asks some of those who are due; false when nobody was.</summary>
    internal async ValueTask<bool> SendDueAsync(CancellationToken cancellationToken)
    {
        var due = await store.DueInvitationsAsync(time.GetUtcNow(), PieceRows, cancellationToken);
        var books = new Dictionary<long, ContactBook?>();
        foreach (var contact in due)
        {
            if (!books.TryGetValue(contact.BookId, out var book))
            {
                books[contact.BookId] = book = await store.FindBookAsync(contact.BookId, cancellationToken);
            }

            // Contacts of a removed book wait for the sweep; nobody is to be asked for it.
            if (book is not null)
            {
                await AskAsync(book, contact, cancellationToken);
            }
        }

        return due.Any(contact => books[contact.BookId] is not null);
    }

    private async ValueTask AskAsync(ContactBook book, Contact contact, CancellationToken cancellationToken)
    {
        // Who left everything is not asked because somebody added them again, only when somebody asks for just that.
        var isAsked = !contact.IsSubscribed && (contact.LeftAllAt is null || contact.Invitation.Number > 1);
        var fault = isAsked ? await mail.SendAsync(book, contact, cancellationToken) : null;
        var now = time.GetUtcNow();
        var invitation = !isAsked ? contact.Invitation with { DueAt = null }
            : fault is null ? contact.Invitation with { DueAt = null, SentAt = now, Failures = 0 }
            : Later(contact.Invitation, fault, now);
        if (fault is not null)
        {
            ContactLog.InvitationNotSent(log, contact.Uid, book.AccountId, fault.Message, invitation.DueAt);
        }

        await store.WriteAsync(
            book.AccountId,
            book.Id,
            [new ContactDraft { Uid = contact.Uid }],
            (current, _) => current!.Invitation.Number == contact.Invitation.Number ? current with { Invitation = invitation } : null,
            CancellationToken.None);
    }

    private static Invitation Later(Invitation invitation, ApiFault fault, DateTimeOffset now)
    {
        // A limit is no failure of the mail: it waits for its turn.
        if (fault.RetryAfter is { } wait)
        {
            return invitation with { DueAt = now + (wait < Delays[0] ? Delays[0] : wait) };
        }

        return invitation.Failures < Delays.Length
            ? invitation with { DueAt = now + Delays[invitation.Failures], Failures = invitation.Failures + 1 }
            : invitation with { DueAt = null };
    }
}
