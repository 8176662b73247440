using Relay.Mail;
using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>Aggregate reports in memory.</summary>
public sealed class MemoryAggregateReportStore : IAggregateReportStore
{
    private readonly List<StoredAggregate> _reports = [];

    public ValueTask<bool> AddAsync(AggregateReport report, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        var isNew = !_reports.Exists(known => known.Report.Kind == report.Kind && known.Report.Reporter == report.Reporter
            && known.Report.ReportId == report.ReportId && known.Report.Domain == report.Domain);
        if (isNew)
        {
            _reports.Add(new StoredAggregate(_reports.Count == 0 ? 1 : _reports[^1].Id + 1, receivedAt, report));
        }

        return ValueTask.FromResult(isNew);
    }

    public ValueTask<IReadOnlyList<StoredAggregate>> ListAsync(string? domain, ReportKind? kind, long? before, int limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<StoredAggregate>>(
        [
            .. _reports.AsEnumerable().Reverse()
                .Where(known => (domain is null || known.Report.Domain == domain) && (kind is null || known.Report.Kind == kind) && (before is null || known.Id < before))
                .Take(limit)
                .Select(known => known with { Report = known.Report with { Rows = [] } }),
        ]);

    public ValueTask<StoredAggregate?> FindAsync(long id, CancellationToken cancellationToken) => ValueTask.FromResult(_reports.Find(known => known.Id == id));

    public ValueTask<int> PruneAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        var old = _reports.Where(known => known.ReceivedAt < before).Take(limit).ToList();
        old.ForEach(known => _reports.Remove(known));
        return ValueTask.FromResult(old.Count);
    }
}
