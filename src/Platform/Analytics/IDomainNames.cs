using Relay.Mail;
using Relay.Platform.Domains;

namespace Relay.Platform.Analytics;

/// <summary>What the numbers of domains stand for.</summary>
public interface IDomainNames
{
    /// <summary>Null when the account has no domain of this number.</summary>
    ValueTask<DomainName?> NameOfAsync(long accountId, long domainId, CancellationToken cancellationToken);
}

/// <summary>The domains of the accounts.</summary>
internal sealed class StoredDomainNames(IDomainStore domains) : IDomainNames
{
    public async ValueTask<DomainName?> NameOfAsync(long accountId, long domainId, CancellationToken cancellationToken) =>
        await domains.FindAsync(domainId, cancellationToken) is { } entry && entry.Domain.AccountId == accountId ? entry.Domain.Name : null;
}
