using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relay.Queue;

/// <summary>Lets go of what nobody needs any more: content of finished mail, old rows, old events, orphaned files.</summary>
public sealed class RetentionService : BackgroundService
{
    private const int PruneLimit = 500;

    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(15);

    private readonly IQueueStore _store;
    private readonly IEventStore _events;
    private readonly ISpool _spool;
    private readonly ISuppressionStore _suppressions;
    private readonly IAggregateReportStore _reports;
    private readonly RetentionOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<RetentionService> _log;
    private DateTimeOffset _nextSweep;

    public RetentionService(
        IQueueStore store, IEventStore events, ISpool spool, ISuppressionStore suppressions, IAggregateReportStore reports, RetentionOptions options, TimeProvider time, ILogger<RetentionService> log)
    {
        _store = store;
        _events = events;
        _spool = spool;
        _suppressions = suppressions;
        _reports = reports;
        _options = options;
        _time = time;
        _log = log;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _nextSweep = _time.GetUtcNow();
        return BackgroundLoop.RunAsync(RoundAsync, Failed, _time, stoppingToken);
    }

    private async ValueTask<TimeSpan> RoundAsync(CancellationToken stoppingToken)
    {
        var pause = await _store.ApplyRetentionAsync(_options.Queue, stoppingToken) > 0 ? Busy : Idle;
        if (_time.GetUtcNow() >= _nextSweep)
        {
            _nextSweep = _time.GetUtcNow() + SweepInterval;
            await SweepAsync(stoppingToken);
        }

        return pause;
    }

    private TimeSpan Failed(Exception trouble)
    {
        QueueLog.RetentionFailed(_log, trouble);
        return SweepInterval;
    }

    private async ValueTask SweepAsync(CancellationToken stoppingToken)
    {
        while (await _suppressions.PruneAsync(_time.GetUtcNow(), PruneLimit, stoppingToken) == PruneLimit)
        {
            await Task.Delay(Busy, _time, stoppingToken);
        }

        while (await _reports.PruneAsync(_time.GetUtcNow() - _options.Aggregates, PruneLimit, stoppingToken) == PruneLimit)
        {
            await Task.Delay(Busy, _time, stoppingToken);
        }

        await _events.ApplyRetentionAsync(_options.Events, _options.Conversations, stoppingToken);
        var swept = await _spool.SweepAsync(name => _store.IsFileReferencedAsync(name, stoppingToken), stoppingToken);
        if (swept > 0)
        {
            QueueLog.Swept(_log, swept);
        }
    }
}

/// <summary>How long each kind of trace stays. What is set while the server runs holds from the next round on.</summary>
public sealed record RetentionOptions
{
    public RetentionRules Queue { get; set; } = new();

    public TimeSpan Events { get; set; } = TimeSpan.FromDays(30);

    public TimeSpan Conversations { get; set; } = TimeSpan.FromDays(7);

    /// <summary>DMARC and TLS reports that came in.</summary>
    public TimeSpan Aggregates { get; set; } = TimeSpan.FromDays(400);
}
