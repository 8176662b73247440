using Relay.Mail;

namespace Relay.Queue;

/// <summary>Hosts below sending domains at which reports come in; answers from memory where it can.</summary>
public interface IBounceHosts
{
    /// <summary>The host for mail from this domain, when its records lead here and name us in SPF; null when not.</summary>
    ValueTask<string?> FindAsync(long accountId, string fromDomain, CancellationToken cancellationToken);

    /// <summary>True for the host of a domain that some account has proved and whose mail was seen to come to this server: nothing but reports is at home there.</summary>
    ValueTask<bool> IsOursAsync(DomainName host, CancellationToken cancellationToken);
}
