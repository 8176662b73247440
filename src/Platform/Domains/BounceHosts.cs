using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Domains;

/// <summary>The bounce hosts of proved domains: used when MX and SPF were seen.</summary>
internal sealed class BounceHosts(SenderDomains domains) : IBounceHosts
{
    public async ValueTask<string?> FindAsync(long accountId, string fromDomain, CancellationToken cancellationToken)
    {
        var entry = DomainName.TryParse(fromDomain, out var name) ? await domains.FindEntryAsync(accountId, name, cancellationToken) : null;
        return entry is { Domain.IsVerified: true, Records: { ReturnPath: DomainStatus.Success, Spf: DomainStatus.Success } }
            ? DomainRecords.ReturnPathHost(entry.Domain.Name)
            : null;
    }

    public async ValueTask<bool> IsOursAsync(DomainName host, CancellationToken cancellationToken) =>
        DomainRecords.DomainOfReturnPathHost(host) is { } name
        && await domains.FindProvedAsync(name, cancellationToken) is { Records.ReturnPath: DomainStatus.Success };
}
