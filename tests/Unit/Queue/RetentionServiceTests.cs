using Microsoft.Extensions.Logging.Abstractions;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class RetentionServiceTests
{
    private static readonly RetentionOptions Options = new() { Events = TimeSpan.FromDays(3), Conversations = TimeSpan.FromDays(2) };
    private readonly ManualTimeProvider _time = new();
    private readonly MemoryQueueStore _store;
    private readonly FaultySpool _spool;
    private readonly RecordingEvents _events = new();

    public RetentionServiceTests()
    {
        _store = new MemoryQueueStore(_time);
        _spool = new FaultySpool(_store, inlineLimitBytes: 0);
        _store.Spool = _spool;
    }

    [Fact]
    public async Task Lets_go_of_content_old_events_and_orphans()
    {
        await AddOrphanAsync();
        var message = Drafts.Message(_time.GetUtcNow(), "bob@example.net");
        await _store.EnqueueAsync([message]);
        var task = Assert.Single(await _store.LeaseDueAsync(QueueLane.Of("example.net"), 1, CancellationToken.None));
        await _store.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, _time.GetUtcNow()));

        await RunAsync(async () => await _time.WaitForTimersAsync(1));

        Assert.False((await _store.FindAsync(message.Message.Id, CancellationToken.None))!.HasContent);
        Assert.Empty(_spool.Files);
        Assert.Equal((Options.Events, Options.Conversations), Assert.Single(_events.Calls));
    }

    [Fact]
    public async Task Sweeps_again_after_a_quarter_of_an_hour()
    {
        await RunAsync(async () =>
        {
            for (var i = 0; i < 2; i++)
            {
                await _time.WaitForTimersAsync(1);
                _time.Advance(TimeSpan.FromMinutes(15));
            }

            await _time.WaitForTimersAsync(1);
        });

        Assert.Equal(3, _events.Calls.Count);
    }

    [Fact]
    public async Task Goes_on_after_trouble()
    {
        _events.Failures = 1;
        await RunAsync(async () =>
        {
            await _time.WaitForTimersAsync(1);
            _time.Advance(TimeSpan.FromMinutes(15));
            await _time.WaitForTimersAsync(1);
        });

        Assert.Single(_events.Calls);
    }

    private async Task AddOrphanAsync()
    {
        await using var writer = _spool.Begin();
        await writer.WriteAsync(new byte[10], CancellationToken.None);
        await writer.CommitAsync(0);
        Assert.Single(_spool.Files);
    }

    private async Task RunAsync(Func<Task> body)
    {
        using var service = new RetentionService(_store, _events, _spool, new MemorySuppressionStore(_time), new MemoryAggregateReportStore(), Options, _time, NullLogger<RetentionService>.Instance);
        await service.StartAsync(CancellationToken.None);
        await body().WaitAsync(TimeSpan.FromSeconds(30));
        await service.StopAsync(CancellationToken.None);
    }

    private sealed class RecordingEvents : IEventStore
    {
        public int Failures { get; set; }

        public List<(TimeSpan Events, TimeSpan Conversations)> Calls { get; } = [];

        public ValueTask<IReadOnlyList<DeliveryEvent>> ListAsync(EventFilter filter, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyList<DeliveryEvent>>([]);

        public ValueTask ApplyRetentionAsync(TimeSpan events, TimeSpan conversations, CancellationToken cancellationToken)
        {
            if (Failures-- > 0)
            {
                throw new StoreUnavailableException("as asked");
            }

            Calls.Add((events, conversations));
            return ValueTask.CompletedTask;
        }
    }
}
