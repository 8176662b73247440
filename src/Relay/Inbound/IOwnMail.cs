using Relay.Mail;

namespace Relay;

/// <summary>Recipients that this server takes from anybody, because the mail is for itself: role mailboxes, reports to its return-path domain.</summary>
internal interface IOwnMail
{
    bool IsOurs(Mailbox recipient);
}
