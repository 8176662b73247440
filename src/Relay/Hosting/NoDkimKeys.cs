using Relay.Dkim;
using Relay.Mail;
using Relay.Senders;

namespace Relay;

/// <summary><c>[dkim] enabled = false</c>: nothing is signed here, because another hop does.</summary>
internal sealed class NoDkimKeys : IDkimKeySource
{
    public ValueTask<IReadOnlyList<DkimKey>> FindActiveAsync(DomainName domain, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<DkimKey>>([]);
}
