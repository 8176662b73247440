using System.Net;
using Relay.Queue;

namespace Relay.Platform.Tracking;

/// <summary>Tells visits of programs from those of persons, as well as it can be told. Used by one thread.</summary>
internal sealed class MachineGuess(RecentDeliveries deliveries)
{
    private const int Capacity = 20_000;

    /// <summary>Who is so quick behind the delivery is a scanner on the way, or a program that fetches ahead.</summary>
    internal static readonly TimeSpan Soon = TimeSpan.FromSeconds(3);

    /// <summary>Within this time nobody follows two different links of one message.</summary>
    internal static readonly TimeSpan Burst = TimeSpan.FromSeconds(1);

    private readonly RecentTable<(QueueId, IPAddress), bool> _scanners = new(Capacity);
    private readonly RecentTable<(QueueId, string), Click> _lastClicks = new(Capacity);

    /// <summary>One sign for each visit, in their order; visits of one call are seen together.</summary>
    public IReadOnlyList<MachineSign> Judge(IReadOnlyList<Visit> visits)
    {
        foreach (var visit in visits.Where(visit => visit.Token.Kind == TokenKind.Hidden))
        {
            _scanners.Set((visit.Token.MessageId, visit.Address), true);
        }

        var bursts = FindBursts(visits);
        return [.. visits.Select(visit => SignOf(visit, bursts.Contains(visit)))];
    }

    private MachineSign SignOf(Visit visit, bool isBurst)
    {
        var token = visit.Token;
        if (token.Kind == TokenKind.Hidden || _scanners.TryGet((token.MessageId, visit.Address), out _))
        {
            return MachineSign.HiddenLink;
        }

        if (visit.IsHead)
        {
            return MachineSign.Head;
        }

        // Gmail's own networks and proxies are told by their names, and may be quick: they fetch when somebody looks.
        if (token.Kind == TokenKind.Open && KnownMachines.IsPersonalProxy(visit.UserAgent))
        {
            return MachineSign.None;
        }

        if (KnownMachines.IsMachine(visit.UserAgent))
        {
            return MachineSign.UserAgent;
        }

        if (KnownMachines.IsMachine(visit.Address))
        {
            return MachineSign.Network;
        }

        return IsTooSoon(visit) ? MachineSign.TooSoon : isBurst ? MachineSign.Burst : MachineSign.None;
    }

    private bool IsTooSoon(Visit visit)
    {
        // Not known as delivered: a gateway may look before it takes the message.
        var since = deliveries.DeliveredAt(visit.Token.MessageId, visit.Token.Recipient) ?? visit.Token.AcceptedAt;
        return visit.At - since < Soon;
    }

    private HashSet<Visit> FindBursts(IReadOnlyList<Visit> visits)
    {
        var bursts = new HashSet<Visit>(ReferenceEqualityComparer.Instance);
        foreach (var visit in visits.Where(visit => visit.Token.Kind == TokenKind.Click).OrderBy(visit => visit.At))
        {
            var key = (visit.Token.MessageId, visit.Token.Recipient);
            if (_lastClicks.TryGet(key, out var last) && last.Url != visit.Token.Url && visit.At - last.At < Burst)
            {
                bursts.Add(visit);
                bursts.Add(last.Visit);
            }

            _lastClicks.Set(key, new Click(visit.Token.Url!, visit.At, visit));
        }

        return bursts;
    }

    private sealed record Click(string Url, DateTimeOffset At, Visit Visit);
}
