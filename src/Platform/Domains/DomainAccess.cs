using Relay.Mail;
using Relay.Senders;

namespace Relay.Platform.Domains;

/// <summary>Which domains a key may see and change.</summary>
public static class DomainAccess
{
    /// <summary>All where it is not restricted; else those it lists. A listed address lets it send, not govern the domain.</summary>
    public static bool Allows(Credential key, DomainName domain) =>
        key.AllowedSenders.Count == 0 || key.AllowedSenders.Any(entry => DomainName.TryParse(entry, out var listed) && listed.Equals(domain));
}
