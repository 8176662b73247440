namespace Relay.Mail;

/// <summary>What a receiver or sender told us in an aggregate report, for storing and showing.</summary>
public sealed record AggregateReport
{
    /// <summary><see cref="ReportKind.DmarcAggregate"/> or <see cref="ReportKind.TlsReport"/>.</summary>
    public required ReportKind Kind { get; init; }

    /// <summary>The domain it is about, in lower case.</summary>
    public required string Domain { get; init; }

    /// <summary>Organisation that reports.</summary>
    public required string Reporter { get; init; }

    /// <summary>Unique for the reporter.</summary>
    public required string ReportId { get; init; }

    public required DateTimeOffset Begins { get; init; }

    public required DateTimeOffset Ends { get; init; }

    /// <summary>Messages (DMARC) or sessions (TLS).</summary>
    public required long Total { get; init; }

    /// <summary>Of those: aligned by DKIM or SPF, or protected by TLS.</summary>
    public required long Passed { get; init; }

    /// <summary>Most first, at most <see cref="MaxRows"/>.</summary>
    public required IReadOnlyList<AggregateRow> Rows { get; init; }

    public const int MaxRows = 1000;
}

/// <summary>One line of it.</summary>
/// <param name="Source">Sending address (DMARC), or the receiving mail host (TLS); null when not said.</param>
/// <param name="What">Disposition and results, or the type of failure.</param>
/// <param name="IsPassed">Aligned, or protected.</param>
public sealed record AggregateRow(string? Source, string What, long Count, bool IsPassed);
