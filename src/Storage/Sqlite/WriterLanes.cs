using System.Collections.Concurrent;

namespace Relay.Storage;

/// <summary>The units that wait for the writer. Its length is bounded by the callers, each of which awaits its unit.</summary>
internal sealed class WriterLanes
{
    private const int MaxInteractivePerGroup = 16;

    private readonly ConcurrentQueue<WriterUnit> _mail = new();
    private readonly ConcurrentQueue<WriterUnit> _outcomes = new();
    private readonly ConcurrentQueue<WriterUnit> _interactive = new();
    private readonly ConcurrentQueue<WriterUnit> _bulk = new();

    public bool IsEmpty => !IsUrgent && _outcomes.IsEmpty;

    /// <summary>Something waits that is no outcome.</summary>
    public bool IsUrgent => !_mail.IsEmpty || !_interactive.IsEmpty || !_bulk.IsEmpty;

    public int Outcomes => _outcomes.Count;

    public void Add(WriterLane lane, WriterUnit unit)
    {
        var queue = lane switch
        {
            WriterLane.Mail => _mail,
            WriterLane.Outcome => _outcomes,
            WriterLane.Interactive => _interactive,
            _ => _bulk,
        };
        queue.Enqueue(unit);
    }

    /// <summary>Fills <paramref name="group"/> with what is waiting: mail and outcomes up to the bounds each, some interactive units, one bulk piece.</summary>
    /// <returns>Whether there is mail in it.</returns>
    public bool TakeGroup(List<WriterUnit> group, int maxUnits, int maxBytes)
    {
        var mail = Take(_mail, group, maxUnits, maxBytes);
        Take(_outcomes, group, maxUnits, maxBytes);

        for (var i = 0; i < MaxInteractivePerGroup && _interactive.TryDequeue(out var unit); i++)
        {
            group.Add(unit);
        }

        if (_bulk.TryDequeue(out var piece))
        {
            group.Add(piece);
        }

        return mail > 0;
    }

    private static int Take(ConcurrentQueue<WriterUnit> from, List<WriterUnit> group, int maxUnits, int maxBytes)
    {
        var count = 0;
        long bytes = 0;
        while (count < maxUnits && bytes < maxBytes && from.TryDequeue(out var unit))
        {
            group.Add(unit);
            bytes += unit.SizeBytes;
            count++;
        }

        return count;
    }
}
