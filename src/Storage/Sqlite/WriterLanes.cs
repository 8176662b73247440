using System.Collections.Concurrent;

namespace Relay.Storage;

/// <summary>The units that wait for the writer. Its length is bounded by the callers, each of which awaits its unit.</summary>
internal sealed class WriterLanes
{
    /// <summary>So many outcomes are company enough.</summary>
    public const int ManyOutcomes = 32;

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
    /// <param name="outcomesDue">If not, a few outcomes stay while there is mail.</param>
    public GroupTaken TakeGroup(List<WriterUnit> group, int maxUnits, int maxBytes, bool outcomesDue)
    {
        var mail = Take(_mail, group, maxUnits, maxBytes);
        var outcomes = mail == 0 || outcomesDue || _outcomes.Count >= ManyOutcomes ? Take(_outcomes, group, maxUnits, maxBytes) : 0;

        for (var i = 0; i < MaxInteractivePerGroup && _interactive.TryDequeue(out var unit); i++)
        {
            group.Add(unit);
        }

        if (_bulk.TryDequeue(out var piece))
        {
            group.Add(piece);
        }

        return new GroupTaken(mail > 0, outcomes > 0);
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

/// <summary>What there is in a group.</summary>
internal readonly record struct GroupTaken(bool HasMail, bool HasOutcomes);
