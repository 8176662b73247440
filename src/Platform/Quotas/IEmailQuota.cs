using Relay.Mail;
using Relay.Senders;

namespace Relay.Platform.Quotas;

/// <summary>E-mails and recipients per second, hour and day of a key or login, e-mails of its account and the From domain; both doors count.</summary>
public interface IEmailQuota
{
    /// <summary>Takes all of these e-mails, before they are committed, or none. Null when they were taken; otherwise 429 with what is left and when there is more.</summary>
    /// <param name="fromDomain">Counted when it is a domain of the account; null counts none.</param>
    ValueTask<ApiFault?> TryTakeAsync(QuotaSender sender, DomainName? fromDomain, QuotaAmount amount, CancellationToken cancellationToken);

    /// <summary>What <see cref="TryTakeAsync"/> would say now of the sender's own limits and its account's; takes nothing.</summary>
    ValueTask<ApiFault?> LookAsync(QuotaSender sender, QuotaAmount amount, CancellationToken cancellationToken);

    /// <summary>Gives back what was taken for e-mails that then were not committed.</summary>
    ValueTask RefundAsync(QuotaSender sender, DomainName? fromDomain, QuotaAmount amount, CancellationToken cancellationToken);
}

/// <summary>How much is to be sent.</summary>
public readonly record struct QuotaAmount(int Emails, int Recipients)
{
    /// <summary>E-mails with one recipient each.</summary>
    public static implicit operator QuotaAmount(int emails) => new(emails, emails);

    public static QuotaAmount operator -(QuotaAmount amount) => new(-amount.Emails, -amount.Recipients);
}

/// <summary>Whose e-mails are counted.</summary>
/// <param name="Credential">Null: a client that may relay without one, or the account itself.</param>
public readonly record struct QuotaSender(long AccountId, Credential? Credential)
{
    public static implicit operator QuotaSender(ApiCaller caller) => new(caller.AccountId, caller.Credential);
}
