using Relay.Dkim;
using Relay.Mail;

namespace Relay.Senders;

/// <summary>Hands out the active signing keys of a domain, imported and cached.</summary>
public interface IDkimKeySource
{
    /// <summary>
    /// Active keys for the From domain or, failing that, its nearest parent with keys; empty when none. The list and its keys
    /// stay usable for as long as the caller needs them.
    /// </summary>
    ValueTask<IReadOnlyList<DkimKey>> FindActiveAsync(DomainName domain, CancellationToken cancellationToken);
}
