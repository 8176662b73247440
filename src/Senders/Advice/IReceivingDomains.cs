using Relay.Mail;

namespace Relay.Senders;

/// <summary>Tells which domains have their mail taken by this server.</summary>
public interface IReceivingDomains
{
    bool Takes(DomainName domain);
}
