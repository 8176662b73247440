using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Senders;

namespace Relay.Platform.Emails;

/// <summary>May this key send as this address? Its domain must be verified where the configuration says so.</summary>
internal sealed class SenderCheck(ISenderDomains domains, IDomainHolders holders, PlatformOptions options)
{
    /// <returns>The account's domain of that name; null when it has none, or a fault was added.</returns>
    public async ValueTask<SendingDomain?> CheckAsync(ApiCaller caller, Mailbox sender, FieldFaults faults, CancellationToken cancellationToken)
    {
        if (!SenderPolicy.AllowsSender(caller.Credential, sender))
        {
            faults.Add("from", $"this API key may not send as {sender}", ApiFault.Forbidden);
            return null;
        }

        var domain = await domains.FindAsync(caller.AccountId, sender.Domain!, cancellationToken);
        if (options.RequireVerifiedDomains && domain is not { IsVerified: true })
        {
            var what = domain is null ? "add it with POST /api/v1/domains and publish" : "publish";
            faults.Add("from", $"the domain {sender.DomainText} of the from address is not verified: {what} the DNS records the API names for it");
        }
        else if (domain is not { IsVerified: true } && await holders.FindHolderAsync(sender.Domain!, cancellationToken) is { } holder && holder != caller.AccountId)
        {
            faults.Add("from", $"the domain {sender.DomainText} of the from address is another account's", ApiFault.Forbidden);
            return null;
        }

        return domain;
    }
}
