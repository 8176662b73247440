using Relay.Mail;
using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>Bounce hosts by sending domain, as a test says.</summary>
public sealed class FixedBounceHosts : IBounceHosts
{
    public Dictionary<string, string> Hosts { get; } = new(StringComparer.OrdinalIgnoreCase);

    public ValueTask<string?> FindAsync(long accountId, string fromDomain, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Hosts.GetValueOrDefault(fromDomain));

    public ValueTask<bool> IsOursAsync(DomainName host, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Hosts.Values.Contains(host.Ascii, StringComparer.OrdinalIgnoreCase));
}
