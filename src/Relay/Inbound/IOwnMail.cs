using Relay.Mail;

namespace Relay;

/// <summary>Recipients that this server takes from anybody, because the mail is for itself: role mailboxes, reports to its return-path domain.</summary>
internal interface IOwnMail
{
    bool IsOurs(Mailbox recipient);

    /// <summary>Refuses what is addressed here and is none of ours, so that it is not carried away by those who may relay; null for all else.</summary>
    ValueTask<SmtpReply?> RefuseAsync(Mailbox recipient, CancellationToken cancellationToken) => ValueTask.FromResult<SmtpReply?>(null);
}
