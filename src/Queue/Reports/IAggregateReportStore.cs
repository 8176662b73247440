using Relay.Mail;

namespace Relay.Queue;

/// <summary>Aggregate reports that came in, by domain.</summary>
public interface IAggregateReportStore
{
    /// <returns>False when the same report is there already.</returns>
    ValueTask<bool> AddAsync(AggregateReport report, DateTimeOffset receivedAt, CancellationToken cancellationToken);

    /// <summary>Newest first; of one domain or all, of one kind or both; without their rows.</summary>
    ValueTask<IReadOnlyList<StoredAggregate>> ListAsync(string? domain, ReportKind? kind, long? before, int limit, CancellationToken cancellationToken);

    /// <summary>With its rows; null when there is none.</summary>
    ValueTask<StoredAggregate?> FindAsync(long id, CancellationToken cancellationToken);

    /// <summary>Deletes what was received before, at most <paramref name="limit"/>; returns how many.</summary>
    ValueTask<int> PruneAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken);
}

/// <param name="Id">Increases with time.</param>
public sealed record StoredAggregate(long Id, DateTimeOffset ReceivedAt, AggregateReport Report);
