using Relay.Mail;

namespace Relay.Queue;

/// <summary>Queue keys of mail that ends here and is neither relayed nor a sender's to be kept from sending: reports, and mail received for a webhook.</summary>
public static class OwnKeys
{
    /// <summary>Of reports about our own mail, which are read here.</summary>
    public const string Reports = "@reports";

    /// <summary>What begins the key of mail received for a domain; each domain waits for itself.</summary>
    public const string ReceivedPrefix = "@received:";

    // No domain has it; a rule stands behind it.
    private const char Separator = '#';

    /// <param name="isReal">As <see cref="Submission.DeliverRule"/>: past the sandbox.</param>
    public static string Received(DomainName domain, bool isReal = false) =>
        isReal ? $"{ReceivedPrefix}{domain.Ascii}{Separator}{Submission.DeliverRule}" : ReceivedPrefix + domain.Ascii;

    /// <summary>The domain of a key that <see cref="Received"/> made; null for all others.</summary>
    public static string? ReceivedDomain(string queueKey) =>
        queueKey.StartsWith(ReceivedPrefix, StringComparison.Ordinal) ? queueKey[ReceivedPrefix.Length..].Split(Separator)[0] : null;

    public static bool Contains(string queueKey) => queueKey == Reports || ReceivedDomain(queueKey) is not null;
}
