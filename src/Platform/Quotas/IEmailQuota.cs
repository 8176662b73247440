using Relay.Mail;
using Relay.Senders;

namespace Relay.Platform.Quotas;

/// <summary>E-mails and recipients per second, hour and day of a key or login, of its account and of the From domain; both doors count.</summary>
public interface IEmailQuota
{
    /// <summary>Takes all of these e-mails, before they are committed, or none. Null when they were taken; otherwise 429 with what is left and when there is more, or 422 where they are more than a limit ever allows at once.</summary>
    /// <param name="parts">One for each From domain: what goes together is judged together.</param>
    ValueTask<ApiFault?> TryTakeAsync(QuotaSender sender, IReadOnlyList<QuotaPart> parts, CancellationToken cancellationToken);

    /// <summary>What <see cref="TryTakeAsync"/> would say now; takes nothing.</summary>
    ValueTask<ApiFault?> LookAsync(QuotaSender sender, QuotaPart part, CancellationToken cancellationToken);

    /// <summary>Gives back what was taken for e-mails that then were not committed.</summary>
    ValueTask RefundAsync(QuotaSender sender, IReadOnlyList<QuotaPart> parts, CancellationToken cancellationToken);
}

/// <param name="FromDomain">Counted when it is a domain of the account; null counts none.</param>
public readonly record struct QuotaPart(DomainName? FromDomain, QuotaAmount Amount);

/// <summary>How much is to be sent.</summary>
public readonly record struct QuotaAmount(int Emails, int Recipients)
{
    /// <summary>E-mails with one recipient each.</summary>
    public static implicit operator QuotaAmount(int emails) => new(emails, emails);

    public static QuotaAmount operator -(QuotaAmount amount) => new(-amount.Emails, -amount.Recipients);

    public static QuotaAmount operator +(QuotaAmount one, QuotaAmount other) => new(one.Emails + other.Emails, one.Recipients + other.Recipients);
}

/// <summary>Whose e-mails are counted.</summary>
/// <param name="Credential">Null: a client that may relay without one, or the account itself.</param>
public readonly record struct QuotaSender(long AccountId, Credential? Credential)
{
    public static implicit operator QuotaSender(ApiCaller caller) => new(caller.AccountId, caller.Credential);
}
