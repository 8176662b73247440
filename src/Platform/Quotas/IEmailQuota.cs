using Relay.Mail;

namespace Relay.Platform.Quotas;

/// <summary>E-mails per hour and day of a key, its account and the From domain.</summary>
public interface IEmailQuota
{
    /// <summary>Takes all of these e-mails, before they are committed, or none. Null when they were taken; otherwise 429 with what is left and when there is more.</summary>
    /// <param name="fromDomain">Counted when it is a domain of the account; null counts none.</param>
    ValueTask<ApiFault?> TryTakeAsync(ApiCaller caller, DomainName? fromDomain, int emails, CancellationToken cancellationToken);

    /// <summary>Gives back what was taken for e-mails that then were not committed.</summary>
    ValueTask RefundAsync(ApiCaller caller, DomainName? fromDomain, int emails, CancellationToken cancellationToken);
}
