using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Has lanes asked again when there is room: at their path, in the window, or within a limit. Guarded by the dispatcher's lock.</summary>
internal sealed class LaneWaker(DeliveryWindow window, ThrottleRegistry throttles, TimeSpan rateHorizon)
{
    private readonly WaitingLanes _waitingForWindow = new();
    private Action<QueueLane, DateTimeOffset> _laneReady = static (_, _) => { };

    /// <param name="laneReady">Told when a lane that waited for room should be asked again, and when.</param>
    public void Start(Action<QueueLane, DateTimeOffset> laneReady) => _laneReady = laneReady;

    public void WaitForWindow(QueueLane lane) => _waitingForWindow.Add(lane);

    /// <summary>The clock brings room for it then.</summary>
    public void WakeAt(QueueLane lane, DateTimeOffset at) => _laneReady(lane, at);

    public void WakeFor(SiteQueue queue, DateTimeOffset now)
    {
        var room = queue.RoomAt(now);
        if (!room.HasAny && room.NotBefore is null)
        {
            return;
        }

        // A batch per lane at a time: waking all of them for one free place would only make them wait again.
        for (var count = Math.Max(1, room.Tasks / 10); count > 0 && queue.NextWaitingLane() is { } lane; count--)
        {
            _laneReady(lane, room.NotBefore ?? now);
        }
    }

    public void WakeForWindow(DateTimeOffset now)
    {
        if (window.Room > 0 && _waitingForWindow.Next() is { } lane)
        {
            _laneReady(lane, now);
        }
    }

    public void WakeThrottled(DateTimeOffset now)
    {
        List<Throttle>? done = null;
        foreach (var throttle in throttles.Waited)
        {
            for (var room = throttle.RoomBy(now, now + rateHorizon); room > 0 && throttle.Waiting.Next() is { } lane; room--)
            {
                _laneReady(lane, now);
            }

            if (throttle.Waiting.Count == 0)
            {
                (done ??= []).Add(throttle);
            }
        }

        done?.ForEach(throttles.ForgetWaited);
    }
}
