using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relay.Platform.Domains;

/// <summary>Checks domains when they are due and when somebody asks, some at a time.</summary>
public sealed class DomainVerifier(IDomainStore store, DomainChecks checks, TimeProvider time, ILogger<DomainVerifier> log) : BackgroundService
{
    private const int MaxParallel = 8;
    private const int BatchSize = 64;

    // Asking again and again costs others' name servers something.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<long, DateTimeOffset> _asked = new();
    private readonly SemaphoreSlim _slots = new(MaxParallel);
    private readonly SemaphoreSlim _wake = new(0, 1);

    /// <summary>A check is under way, or asked for.</summary>
    public bool IsChecking(long id) => _asked.ContainsKey(id) || checks.IsRunning(id);

    /// <summary>Asks for a check soon; one that is asked for already is not asked for twice.</summary>
    /// <returns>False when the domain is gone.</returns>
    public async ValueTask<bool> RequestAsync(DomainEntry entry, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var earliest = entry.CheckedAt + ShortestPause is { } pause && pause > now ? pause : now;
        if (!_asked.TryAdd(entry.Domain.Id, earliest))
        {
            return true;
        }

        var isScheduled = false;
        try
        {
            isScheduled = await store.ScheduleAsync(entry.Domain.Id, earliest, cancellationToken);
        }
        finally
        {
            if (!isScheduled)
            {
                _asked.TryRemove(entry.Domain.Id, out _);
            }
        }

        Wake();
        return isScheduled;
    }

    /// <summary>A check came due otherwise, for example that of a new domain.</summary>
    internal void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    public override void Dispose()
    {
        _slots.Dispose();
        _wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var running = new List<Task>();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                running.RemoveAll(task => task.IsCompleted);
                await StartDueAsync(running, stoppingToken);
                await WaitAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // a background loop: trouble of one moment must not end it
            catch (Exception trouble)
#pragma warning restore CA1031
            {
                PlatformDomainsLog.CheckFailed(log, trouble);
                await Task.Delay(LongestWait, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await Task.WhenAll(running);
    }

    private async ValueTask StartDueAsync(List<Task> running, CancellationToken stoppingToken)
    {
        var now = time.GetUtcNow();
        var due = (await store.DueAsync(now, BatchSize, stoppingToken)).Select(entry => entry.Domain.Id);
        var asked = _asked.Where(pair => pair.Value <= now).Select(pair => pair.Key);
        foreach (var id in asked.Union(due).Where(id => !checks.IsRunning(id)).ToList())
        {
            await _slots.WaitAsync(stoppingToken);
            running.Add(CheckAsync(id, stoppingToken));
        }
    }

    private async Task CheckAsync(long id, CancellationToken stoppingToken)
    {
        // What is asked for from now on may be about records published after this check looked.
        _asked.TryGetValue(id, out var asked);
        try
        {
            await checks.CheckAsync(id, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // It is due at the next start.
        }
#pragma warning disable CA1031 // one domain's trouble is not the others'
        catch (Exception trouble)
#pragma warning restore CA1031
        {
            PlatformDomainsLog.CheckFailed(log, trouble);
        }
        finally
        {
            _asked.TryRemove(new KeyValuePair<long, DateTimeOffset>(id, asked));
            _slots.Release();
        }
    }

    private async ValueTask WaitAsync(CancellationToken stoppingToken)
    {
        var wait = await store.NextDueAsync(stoppingToken) - time.GetUtcNow() ?? LongestWait;
        wait = wait < ShortestWait || !_asked.IsEmpty ? ShortestWait : wait > LongestWait ? LongestWait : wait;
        using var timeout = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stoppingToken);
        try
        {
            await _wake.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // Time to look again.
        }
    }
}
