using System.Collections.Concurrent;

namespace Relay.Storage;

/// <summary>The units that wait for the writer. Its length is bounded by the callers, each of which awaits its unit.</summary>
internal sealed class WriterLanes
{
    private const int MaxInteractivePerGroup = 16;

    private readonly ConcurrentQueue<WriterUnit> _mail = new();
    private readonly ConcurrentQueue<WriterUnit> _interactive = new();
    private readonly ConcurrentQueue<WriterUnit> _bulk = new();

    public bool IsEmpty => _mail.IsEmpty && _interactive.IsEmpty && _bulk.IsEmpty;

    public void Add(WriterLane lane, WriterUnit unit)
    {
        var queue = lane switch
        {
            WriterLane.Mail => _mail,
            WriterLane.Interactive => _interactive,
            _ => _bulk,
        };
        queue.Enqueue(unit);
    }

    /// <summary>Fills <paramref name="group"/> with what is waiting: mail up to the bounds, some interactive units, one bulk piece.</summary>
    public void TakeGroup(List<WriterUnit> group, int maxUnits, int maxBytes)
    {
        long bytes = 0;
        while (group.Count < maxUnits && bytes < maxBytes && _mail.TryDequeue(out var unit))
        {
            group.Add(unit);
            bytes += unit.SizeBytes;
        }

        for (var i = 0; i < MaxInteractivePerGroup && _interactive.TryDequeue(out var unit); i++)
        {
            group.Add(unit);
        }

        if (_bulk.TryDequeue(out var piece))
        {
            group.Add(piece);
        }
    }
}
