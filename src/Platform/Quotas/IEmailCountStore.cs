namespace Relay.Platform.Quotas;

/// <summary>Keeps the counts behind the quotas, so that a restart forgives nothing.</summary>
public interface IEmailCountStore
{
    /// <summary>Null when nothing was ever counted for it.</summary>
    ValueTask<EmailCount?> FindAsync(QuotaSubject subject, CancellationToken cancellationToken);

    /// <summary>Replaces the counts of these subjects.</summary>
    ValueTask WriteAsync(IReadOnlyList<EmailCount> counts, CancellationToken cancellationToken);
}

/// <summary>The values are stored.</summary>
public enum QuotaScope
{
    Account = 0,
    Key = 1,
    Domain = 2,
}

/// <param name="Id">Of the account, key or domain.</param>
public readonly record struct QuotaSubject(QuotaScope Scope, long Id);

/// <summary>E-mails of one subject in the hour and the day under way.</summary>
/// <param name="Hour">Number of the hour since 1970, UTC.</param>
/// <param name="Day">Number of the day since 1970, UTC.</param>
public sealed record EmailCount(QuotaSubject Subject, long AccountId, long Hour, long HourCount, long Day, long DayCount)
{
    /// <summary>Recipients of the e-mails of the hour.</summary>
    public long HourRecipients { get; init; }

    public long DayRecipients { get; init; }
}
