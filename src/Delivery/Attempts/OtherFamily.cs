using System.Net.Sockets;
using Relay.Mail;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>A peer that refuses our address by policy may take the same mail over the other family: reputations of IPv4 and IPv6 differ.</summary>
internal static class OtherFamily
{
    /// <summary>True when the reply is about who we are, before any recipient was named.</summary>
    public static bool IsRefusal(SmtpReply? reply, TransactionStep step) =>
        reply is not null
        && (reply.IsTemporary || reply.IsPermanent)
        && step is TransactionStep.Greeting or TransactionStep.Hello or TransactionStep.Mail
        && BounceClass.Of(reply, step).Class is BounceClass.Policy or BounceClass.Spam or BounceClass.Authentication or BounceClass.Reputation or BounceClass.SenderDns;

    /// <summary>Leaves the family of <paramref name="connection"/> for the rest of the run, once, when the route has the other one.</summary>
    public static bool TryTurnTo(AttemptRun run, PeerConnection connection, IReadOnlyList<AttemptOutcome> outcomes, FamilyMemory families)
    {
        var family = connection.Family;
        if (run.ExcludedHosts.Family is not null
            || !outcomes.All(o => o.Step == TransactionStep.Mail && IsRefusal(o.Reply, TransactionStep.Mail))
            || !HasOther(run, family))
        {
            return false;
        }

        run.ExcludedHosts.Family = family;
        run.HostTrouble ??= outcomes[0];
        families.Failed(run.Queue.Path.Site.Name, family);
        return true;
    }

    private static bool HasOther(AttemptRun run, AddressFamily family) => run.Job.Route.Hosts.Any(host =>
        !run.ExcludedHosts.Contains(host.Name)
        && host.Addresses.Any(a => a.AddressFamily != family && run.Queue.Path.Source.CanReach(a.AddressFamily)));
}
