using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Platform.Analytics;
using Relay.Queue;
using Relay.Storage;

namespace Relay.Bench.Micro;

/// <summary>Questions of an account that has counted ten million events over ninety days, fifty domains and twenty tags.</summary>
/// <remarks>In this process, so that the events are counted once for all questions; that alone takes minutes.</remarks>
[InProcess]
public class AnalyticsQueryBenchmarks
{
    private const int Events = 10_000_000;
    private const int Batch = 50_000;
    private const int Days = 90;

    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static Task<RelayStores>? _opening;
    private RelayStores? _stores;

    [GlobalSetup]
#pragma warning disable VSTHRD002 // The toolchain within the process does not wait for a task.
    public void SetUp() => _stores = (_opening ??= OpenAsync()).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002

    [Benchmark]
    public Task<int> DaysOfAllMail() => ReadAsync(new CountQuery { AccountId = 1, Span = CountSpan.Day, From = Begin, To = Begin.AddDays(Days), IsByTime = true });

    [Benchmark]
    public Task<int> TotalsByDomain() => ReadAsync(new CountQuery { AccountId = 1, Span = CountSpan.Day, From = Begin, To = Begin.AddDays(Days), GroupBy = CountGroup.Domain });

    [Benchmark]
    public Task<int> TotalsByTag() => ReadAsync(new CountQuery { AccountId = 1, Span = CountSpan.Day, From = Begin, To = Begin.AddDays(Days), GroupBy = CountGroup.Tag });

    [Benchmark]
    public Task<int> HoursOfOneDomain() => ReadAsync(
        new CountQuery { AccountId = 1, Span = CountSpan.Hour, From = Begin.AddDays(Days - 7), To = Begin.AddDays(Days), Domain = "d7.example.com", IsByTime = true });

    private static async Task<RelayStores> OpenAsync()
    {
        var folder = Directory.CreateTempSubdirectory("relay-micro-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var stores = await RelayStores.OpenAsync(
            new StorageOptions { DataFolder = folder }, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        for (var first = 1; first <= Events; first += Batch)
        {
            await stores.Analytics.AddAsync([.. Enumerable.Range(first, Batch).Select(Event)], first + Batch - 1, CancellationToken.None);
        }

        return stores;
    }

    private async Task<int> ReadAsync(CountQuery query) => (await _stores!.Analytics.ReadAsync(query, CancellationToken.None)).Count;

    private static CountedEvent Event(int number) => new()
    {
        Sequence = number,
        AccountId = 1,
        At = Begin + (TimeSpan.FromDays(Days) * ((double)number / (Events + 1))),
        Counters = (number % 4) switch
        {
            0 => [Counter.Opened, Counter.OpenedHuman],
            1 => [Counter.Clicked],
            2 => [Counter.Sent],
            _ => [Counter.Delivered],
        },
        Domain = $"d{number % 50}.example.com",
        Tags = [$"tag{number % 20}"],
        MessageId = QueueId.New(Begin),
        Recipient = "person@example.net",
    };
}
