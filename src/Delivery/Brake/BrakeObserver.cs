using System.Net;
using Microsoft.Extensions.Logging;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Delivery;

/// <summary>Counts what becomes of mail by account, stream and credential, and brakes whoever goes too far. Each event counts once.</summary>
/// <remarks>
/// A brake stays until an operator ends it: what is counted meanwhile neither ends nor doubles it. Parties not seen for a week are forgotten;
/// above the bound the longest unseen go first.
/// </remarks>
internal sealed class BrakeObserver(
    BrakeOptions options, Brakes brakes, IBrakeStore store, IQueueStore queue, IAuditStore audit, ILogger<BrakeObserver> logger, TimeProvider time) : IEventObserver
{
    private const int MaxParties = 10_000;
    private const int ForgottenAfterHours = 7 * 24;

    public string Name => "brake";

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => store.CursorAsync(cancellationToken);

    public async ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        var telling = events.Where(Tells).ToList();
        var facts = telling.Count == 0 ? new Dictionary<QueueId, QueuedMessage>() : await queue.FactsAsync([.. telling.Select(e => e.MessageId).Distinct()], cancellationToken);
        await brakes.Counting.WaitAsync(cancellationToken);
        try
        {
            var touched = new HashSet<BrakeParty>();
            foreach (var told in telling)
            {
                if (facts.TryGetValue(told.MessageId, out var message) && message.Door != Door.Internal)
                {
                    Count(told, message, touched);
                }
            }

            await SaveAsync(touched, events[^1].Sequence, cancellationToken);
        }
        finally
        {
            brakes.Counting.Release();
        }
    }

    private static bool Tells(DeliveryEvent e) =>
        e.Recipient?.EndsWith("@" + SuppressionObserver.SimulatedDomain, StringComparison.OrdinalIgnoreCase) != true
        && (e.Kind is DeliveryEventKind.Accepted or DeliveryEventKind.Delivered or DeliveryEventKind.Complained || IsUnknown(e));

    private static bool IsUnknown(DeliveryEvent e) => e is { Kind: DeliveryEventKind.Bounced, IsHard: true, Fault: FaultSide.Recipient };

    // Somebody began it, and it has a pace and a guard of its own: that it is much at once is no sign of abuse.
    private static bool IsOfCampaign(QueuedMessage message) => message is { Door: Door.Http, CredentialId: null };

    private void Count(DeliveryEvent told, QueuedMessage message, HashSet<BrakeParty> touched)
    {
        foreach (var party in BrakeParty.Of(message))
        {
            var counts = brakes.Counts.TryGetValue(party, out var known) ? known : brakes.Counts[party] = new BrakeCounts();
            switch (told.Kind)
            {
                case DeliveryEventKind.Accepted when IsOfCampaign(message):
                    break;
                case DeliveryEventKind.Accepted:
                    counts.Accepted(told.At, party.Scope == BrakeScope.Credential && IPAddress.TryParse(message.ClientAddress, out var client) ? client : null);
                    break;
                case DeliveryEventKind.Delivered:
                    counts.Delivered(told.At);
                    break;
                case DeliveryEventKind.Complained:
                    counts.Complained(told.At);
                    break;
                default:
                    counts.Unknown(told.At);
                    break;
            }

            touched.Add(party);
            if (brakes.IsBraked(party))
            {
                // What it does is its own: its account is not to be braked for it as well.
                return;
            }
        }
    }

    // The narrowest that goes too far is braked: an account is not for what one of its credentials does.
    private async ValueTask SaveAsync(HashSet<BrakeParty> touched, long cursor, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var tripped = new List<Brake>();
        foreach (var party in touched.OrderByDescending(party => party.Scope))
        {
            if (!brakes.IsBraked(party) && !tripped.Exists(brake => brake.Party.AccountId == party.AccountId) && brakes.Counts[party].Judge(options, now) is { } broken)
            {
                tripped.Add(new Brake(brakes.LastId + tripped.Count + 1, party, broken.Rule, broken.Reason, now));
                foreach (var wider in touched.Where(other => other.AccountId == party.AccountId && other.Scope < party.Scope))
                {
                    brakes.Counts[wider].Forgive(now);
                }
            }
        }

        var gone = Forget(now);
        await store.SaveAsync(
            touched.Where(brakes.Counts.ContainsKey).ToDictionary(party => party, party => brakes.Counts[party].Write()), gone, tripped, cursor, cancellationToken);
        foreach (var brake in tripped)
        {
            brakes.Set(brake);
            DeliveryLog.Braked(logger, brake.Id, brake.Party.ToString(), brake.Rule, brake.Reason);
            await audit.AppendAsync(AuditActor.System, time, "brake.set", $"{brake.Party}: {brake.Reason}", cancellationToken, brake.Party.AccountId);
        }
    }

    private List<BrakeParty> Forget(DateTimeOffset now)
    {
        if (brakes.Counts.Count <= MaxParties)
        {
            return [];
        }

        var oldest = BrakeCounts.HourOf(now) - ForgottenAfterHours;
        var gone = brakes.Counts.Where(entry => entry.Value.LastHour < oldest).Select(entry => entry.Key).ToList();
        gone.AddRange(brakes.Counts.Where(entry => entry.Value.LastHour >= oldest).OrderBy(entry => entry.Value.LastHour).Take(Math.Max(0, brakes.Counts.Count - gone.Count - MaxParties)).Select(entry => entry.Key));
        gone.ForEach(party => brakes.Counts.Remove(party));
        return gone;
    }
}
