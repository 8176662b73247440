using System.Collections.Frozen;
using Relay.Mail;

namespace Relay.Queue;

/// <summary>How the intake completes and bounds messages.</summary>
public sealed record IntakeOptions
{
    /// <summary>Stands in Received and Message-ID.</summary>
    public required string Hostname { get; init; }

    /// <summary>Header blocks beyond this are refused; real ones stay below 64 KiB.</summary>
    public int MaxHeaderBytes { get; init; } = 256 * 1024;

    /// <summary>More Received fields than this is a loop (RFC 5321 §6.3 asks for at least 100).</summary>
    public int MaxReceivedFields { get; init; } = 100;

    /// <summary>More passages through this very host than this is a loop; lists and forwards need a few.</summary>
    public int MaxReceivedByUs { get; init; } = 10;

    /// <summary>With more recipients waiting nothing is taken; 0 for no bound.</summary>
    public long MaxWaitingRecipients { get; init; }

    /// <summary>Mail for them ends here, by whichever door it comes in (<see cref="OwnKeys.Received"/>).</summary>
    public IReadOnlySet<DomainName> ReceivedDomains { get; init; } = FrozenSet<DomainName>.Empty;

    /// <summary>Given up after this age (RFC 5321 §4.5.4.1: at least 4–5 days). May change while the server runs: it counts for what comes from then on.</summary>
    public TimeSpan ExpireAfter { get; set; } = TimeSpan.FromDays(5);

    /// <summary>The same for broadcast mail; null: no different.</summary>
    public TimeSpan? ExpireBroadcastAfter { get; set; }

    public TimeSpan ExpireAfterOf(MailStream stream) => stream == MailStream.Broadcast ? ExpireBroadcastAfter ?? ExpireAfter : ExpireAfter;
}
