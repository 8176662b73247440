using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Lanes that wait for room, each once, bounded; accounts and streams take turns, so that one with thousands of lanes delays nobody's. Not thread safe.</summary>
internal sealed class WaitingLanes
{
    private const int Capacity = 10_000;

    private readonly HashSet<QueueLane> _known = [];
    private readonly Dictionary<(long AccountId, MailStream Stream), Queue<QueueLane>> _byClass = [];
    private readonly Queue<(long AccountId, MailStream Stream)> _turns = new();

    public int Count => _known.Count;

    /// <summary>False when it is there already or there is no room for it.</summary>
    public bool Add(QueueLane lane)
    {
        if (_known.Count >= Capacity || !_known.Add(lane))
        {
            return false;
        }

        var owner = (lane.Flow.AccountId, lane.Flow.Stream);
        if (!_byClass.TryGetValue(owner, out var lanes))
        {
            _byClass[owner] = lanes = new Queue<QueueLane>();
            _turns.Enqueue(owner);
        }

        lanes.Enqueue(lane);
        return true;
    }

    /// <summary>The next lane in turn; null when none waits.</summary>
    public QueueLane? Next()
    {
        if (!_turns.TryDequeue(out var owner))
        {
            return null;
        }

        var lanes = _byClass[owner];
        var lane = lanes.Dequeue();
        if (lanes.Count > 0)
        {
            _turns.Enqueue(owner);
        }
        else
        {
            _byClass.Remove(owner);
        }

        _known.Remove(lane);
        return lane;
    }
}
