using Relay.Mail;

namespace Relay;

/// <summary>Replies of a door whose store is unwell; internals stay in the log.</summary>
internal static class StorageReplies
{
    public static readonly SmtpReply Unwell = SmtpReply.Of(452, "4.3.1", "mail cannot be stored at the moment; try again later");
}
