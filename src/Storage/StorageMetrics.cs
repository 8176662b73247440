using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Relay.Storage;

/// <summary>Instruments of this project, all labelled with the database (<c>relay</c> or <c>history</c>).</summary>
internal sealed class StorageMetrics : IDisposable
{
    public const string MeterName = "Relay.Storage";

    private readonly ConcurrentDictionary<string, long> _walBytes = new(StringComparer.Ordinal);
    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _commits;
    private readonly Counter<long> _failures;
    private readonly Histogram<int> _groupSize;
    private readonly Histogram<double> _commitDuration;

    public StorageMetrics()
    {
        _commits = _meter.CreateCounter<long>("relay.storage.commits", "{commit}", "Group commits that became durable");
        _failures = _meter.CreateCounter<long>("relay.storage.commit_failures", "{commit}", "Group commits that failed as a whole");
        _groupSize = _meter.CreateHistogram<int>("relay.storage.group_size", "{unit}", "Units of work sharing one commit");
        _commitDuration = _meter.CreateHistogram<double>("relay.storage.commit_duration", "s", "From taking a group to its durable commit");
        _meter.CreateObservableGauge("relay.storage.wal_bytes", ObserveWal, "By", "Write-ahead log not yet moved into the database");
    }

    public void Committed(string database, int units, TimeSpan duration)
    {
        var label = Label(database);
        _commits.Add(1, label);
        _groupSize.Record(units, label);
        _commitDuration.Record(duration.TotalSeconds, label);
    }

    public void CommitFailed(string database) => _failures.Add(1, Label(database));

    public void WalBytes(string database, long bytes) => _walBytes[database] = bytes;

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Label(string database) => new("database", database);

    private IEnumerable<Measurement<long>> ObserveWal() => _walBytes.Select(entry => new Measurement<long>(entry.Value, Label(entry.Key)));
}
