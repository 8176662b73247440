using Relay.Mail;
using Relay.Senders;

namespace Relay.Platform.Quotas;

/// <summary>E-mails per hour and day of a key or login, its account and the From domain; both doors count.</summary>
public interface IEmailQuota
{
    /// <summary>Takes all of these e-mails, before they are committed, or none. Null when they were taken; otherwise 429 with what is left and when there is more.</summary>
    /// <param name="fromDomain">Counted when it is a domain of the account; null counts none.</param>
    ValueTask<ApiFault?> TryTakeAsync(QuotaSender sender, DomainName? fromDomain, int emails, CancellationToken cancellationToken);

    /// <summary>Gives back what was taken for e-mails that then were not committed.</summary>
    ValueTask RefundAsync(QuotaSender sender, DomainName? fromDomain, int emails, CancellationToken cancellationToken);
}

/// <summary>Whose e-mails are counted.</summary>
/// <param name="Credential">Null: a client that may relay without one, or the account itself.</param>
public readonly record struct QuotaSender(long AccountId, Credential? Credential)
{
    public static implicit operator QuotaSender(ApiCaller caller) => new(caller.AccountId, caller.Credential);
}
