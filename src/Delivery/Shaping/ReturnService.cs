using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>When sites answer again, makes their deferred mail due: in pieces, so that neither the store nor a site gets all of it at once.</summary>
/// <remarks>One piece of each path, then a pause: after an outage of our own network many come back together, and none waits for another's backlog.</remarks>
internal sealed class ReturnService(
    SiteReturns returns, IPathControl control, IQueueStore store, DecisionLog decisions, ILogger<ReturnService> logger, TimeProvider time) : BackgroundService
{
    /// <summary>Recipients of one path made due between two pauses.</summary>
    public const int PieceSize = 500;

    // Many keys may have nothing to move: each is a look at the store.
    private const int KeysOfPiece = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly List<PathReturn> _moving = [];

    /// <summary>Moves one piece of each path that answered and is not done yet.</summary>
    /// <returns>True when there is more.</returns>
    public async ValueTask<bool> MoveRoundAsync(CancellationToken cancellationToken)
    {
        while (returns.TakeNext() is var (path, keys))
        {
            _moving.Add(new PathReturn(path, keys));
        }

        foreach (var moving in _moving.ToList())
        {
            if (await MoveAsync(moving, cancellationToken))
            {
                _moving.Remove(moving);
            }
        }

        return _moving.Count > 0;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await returns.WaitAsync(stoppingToken);
                while (await MoveRoundAsync(stoppingToken))
                {
                    await Task.Delay(Pause, time, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was not brought forward comes by its schedule.
        }
    }

    private async ValueTask<bool> MoveAsync(PathReturn moving, CancellationToken cancellationToken)
    {
        try
        {
            if (!await MovePieceAsync(moving, cancellationToken))
            {
                return false;
            }
        }
        catch (StoreUnavailableException exception)
        {
            // It goes on where it was, after the pause.
            DeliveryLog.LeaseFailed(logger, exception);
            return false;
        }

        returns.Moved(moving.Path);
        DeliveryLog.SiteReturned(logger, moving.Path, moving.Moved);
        var now = time.GetUtcNow();
        decisions.Add(new ShapingDecision
        {
            Act = ShapingAct.Returned,
            At = now,
            Until = now,
            Site = moving.Path.Site,
            Source = moving.Path.Source,
            Rule = "probe",
            Reason = FormattableString.Invariant($"answers again; {moving.Moved} deferred recipients of {moving.KeyCount} domains are due"),
        });
        return true;
    }

    /// <summary>True when all of the path's mail is due, or the path is down again: then what is left waits for its next answer.</summary>
    private async ValueTask<bool> MovePieceAsync(PathReturn moving, CancellationToken cancellationToken)
    {
        var room = PieceSize;
        for (var looks = 0; moving.Left.FirstOrDefault() is { } key && looks < KeysOfPiece; looks++)
        {
            if (control.IsDown(moving.Path))
            {
                returns.Failed(moving.Path, moving.Left, isSuspended: true);
                return true;
            }

            var count = await store.BringForwardAsync(key, room, cancellationToken);
            moving.Moved += count;
            if (count == room)
            {
                return false;
            }

            room -= count;
            moving.KeyDone();
        }

        return !moving.Left.Any();
    }

    /// <summary>A path that answered, and how far its mail has been made due.</summary>
    private sealed class PathReturn(PathKey path, IReadOnlyList<string> keys)
    {
        private int _done;

        public PathKey Path => path;

        public int KeyCount => keys.Count;

        public int Moved { get; set; }

        public IEnumerable<string> Left => keys.Skip(_done);

        public void KeyDone() => _done++;
    }
}
