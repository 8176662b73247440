using Relay.Mail;

namespace Relay.Queue;

/// <summary>The form in which addresses are compared with the suppression list: lower case, domain as A-labels.</summary>
/// <remarks>Local parts are case-sensitive on paper (RFC 5321 §2.4); nobody who complained as John@ wants mail as john@.</remarks>
public static class SuppressionKey
{
    public static string Of(Mailbox mailbox) => mailbox.ToString().ToLowerInvariant();
}
