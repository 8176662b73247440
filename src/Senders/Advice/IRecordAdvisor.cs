using Relay.Mail;

namespace Relay.Senders;

/// <summary>Looks for what a sending domain should have beyond what it needs: MX, TLS-RPT, MTA-STS, BIMI. Thread safe.</summary>
public interface IRecordAdvisor
{
    /// <summary>Looks now, within bounds of time and number; never throws for what DNS and HTTPS may answer.</summary>
    /// <param name="before">What an earlier look said; empty: there was none.</param>
    ValueTask<IReadOnlyList<RecordAdvice>> LookAsync(DomainName domain, IReadOnlyList<RecordAdvice> before, CancellationToken cancellationToken);
}
