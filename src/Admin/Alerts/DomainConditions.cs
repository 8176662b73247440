using System.Globalization;
using Relay.Platform.Domains;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Domains that are not proved any more, and records that were in order once and are so no more.</summary>
internal static class DomainConditions
{
    // Each is an alert and a mail of its own; beyond it one says that there are more.
    private const int MaxDomains = 100;

    public static async ValueTask<IReadOnlyList<Condition>> LookAsync(DomainService domains, CancellationToken cancellationToken)
    {
        var failed = await domains.FailedAsync(MaxDomains + 1, cancellationToken);
        var drifted = await domains.DriftedAsync(MaxDomains + 1, cancellationToken);
        var found = failed.Take(MaxDomains).Select(entry => new Condition("domain:" + entry.Domain.Name.Ascii, $"{entry.Domain.Name.Ascii}: {entry.VerificationError}")).ToList();
        found.AddRange(drifted.Take(MaxDomains).SelectMany(Drifted));
        if (failed.Count > MaxDomains || drifted.Count > MaxDomains)
        {
            found.Add(new Condition("domains", $"the records of more than {MaxDomains} domains are not as they should be: 'relay domain list' shows all"));
        }

        return found;
    }

    private static IEnumerable<Condition> Drifted(DomainEntry entry)
    {
        var name = entry.Domain.Name.Ascii;
        if (entry is { FailingSince: { } since, VerificationError: { } error })
        {
            var end = since + DomainJudgement.PatienceForProved;
            yield return new Condition("domain:" + name, $"{name}: {error}; unless that is mended it may not send any more from {Text(end)} on");
        }

        // The condition above speaks of the records of the proof.
        var looks = entry.FailingSince is null ? entry.Looks : entry.Looks.Skip(RecordLooks.RequiredOf(entry));
        foreach (var advice in looks.Concat(entry.Advice).Where(advice => advice.DriftSince is not null))
        {
            yield return new Condition($"record:{name}:{advice.Check}", Describe(name, advice));
        }
    }

    private static string Describe(string name, RecordAdvice advice)
    {
        var before = advice.GoodAt is { } good ? $"{name}: {advice.Check} was in order until {Text(good)}" : $"{name}: {advice.Check} was in order";
        return $"{before}, now {advice.Found}{(advice.Remedy is null ? "" : "; " + advice.Remedy)} ('relay domain verify {name}' shows what to publish, and looks again)";
    }

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC";
}
