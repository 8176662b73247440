using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Platform.Analytics;
using Relay.Queue;
using Relay.Storage;

namespace Relay.Bench.Micro;

/// <summary>Counting a batch of the pump on SQLite with its sync, and reading a month of a busy account.</summary>
[MemoryDiagnoser]
public class AnalyticsBenchmarks
{
    private const int Batch = 500;

    private readonly DateTimeOffset _begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private string _folder = "";
    private RelayStores? _stores;
    private long _sequence;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _folder = Directory.CreateTempSubdirectory("relay-micro-").FullName;
        _stores = await RelayStores.OpenAsync(
            new StorageOptions { DataFolder = _folder }, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _stores!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public async Task Counted()
    {
        var events = Enumerable.Range(0, Batch).Select(_ => Next()).ToArray();
        await _stores!.Analytics.AddAsync(events, _sequence, CancellationToken.None);
    }

    [Benchmark]
    public async Task<int> ReadMonth() => (await _stores!.Analytics.ReadAsync(
        new CountQuery { AccountId = 1, Span = CountSpan.Day, From = _begin, To = _begin.AddDays(31), IsByTime = true }, CancellationToken.None)).Count;

    // Half outcomes, half opens; five domains, three tags, the clock moving on.
    private CountedEvent Next()
    {
        var at = _begin.AddSeconds(++_sequence);
        return new CountedEvent
        {
            Sequence = _sequence,
            AccountId = 1,
            At = at,
            Counters = _sequence % 2 == 0 ? [Counter.Opened, Counter.OpenedHuman] : [Counter.Sent, Counter.Delivered],
            Domain = $"d{_sequence % 5}.example.com",
            Tags = [$"tag{_sequence % 3}"],
            Once = _sequence % 2 == 0 ? Counter.OpenedUnique : null,
            MessageId = QueueId.New(at),
            Recipient = "person@example.net",
        };
    }
}
