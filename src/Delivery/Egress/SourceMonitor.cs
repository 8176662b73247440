using Microsoft.Extensions.Logging;

namespace Relay.Delivery;

/// <summary>Watches egress sources: one whose addresses are not on this machine, or that everybody refuses, rests. Thread safe.</summary>
/// <remarks>
/// A missing address is looked for again with every use, so that a source comes back with its interface. A source that ten sites in a row
/// refused by policy, with nobody accepting in between, is very likely listed somewhere: going on would only bounce more mail. It rests for
/// a quarter of an hour; then a single refusal is enough to rest again.
/// </remarks>
internal sealed class SourceMonitor(ILocalAddresses local, DeliveryMetrics metrics, ILogger<SourceMonitor> logger, TimeProvider time)
{
    private const int RefusingSites = 10;
    private static readonly TimeSpan RestAfterRefusals = TimeSpan.FromMinutes(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public bool IsUsable(EgressSource source) => StateOf(source).Kind == SourceStateKind.Ready;

    public SourceState StateOf(EgressSource source)
    {
        lock (_gate)
        {
            var entry = EntryOf(source);
            var state = Judge(source, entry);
            if (state.Kind != entry.Told)
            {
                Tell(source, state);
                entry.Told = state.Kind;
            }

            return state;
        }
    }

    /// <summary>What one transaction says about the source that carried it.</summary>
    public void Observe(EgressSource source, string site, IReadOnlyList<AttemptOutcome> outcomes)
    {
        if (outcomes.All(o => o.Step is { } step && OtherFamily.IsRefusal(o.Reply, step)))
        {
            Refused(source, site, outcomes[0].Text);
        }
        else if (outcomes.Any(o => o.Kind == OutcomeKind.Delivered))
        {
            Accepted(source);
        }
    }

    public void Refused(EgressSource source, string site, string text)
    {
        lock (_gate)
        {
            var entry = EntryOf(source);
            entry.Refusing.Add(site);
            if (entry.Refusing.Count >= RefusingSites)
            {
                entry.Until = time.GetUtcNow() + RestAfterRefusals;
                entry.Reason = RemoteText.Clean($"refused by {entry.Refusing.Count} sites in a row, lately by {site}: {text}", 300);
                entry.Refusing.Remove(site);
            }
        }
    }

    public void Accepted(EgressSource source)
    {
        lock (_gate)
        {
            var entry = EntryOf(source);
            entry.Refusing.Clear();
            entry.Until = null;
        }
    }

    /// <summary>Takes a source out of use for a time, whoever accepts its mail meanwhile.</summary>
    public void Rest(EgressSource source, DateTimeOffset until, string reason)
    {
        lock (_gate)
        {
            var entry = EntryOf(source);
            entry.RestsUntil = until;
            entry.RestReason = RemoteText.Clean(reason, 300);
        }
    }

    public void EndRest(EgressSource source)
    {
        lock (_gate)
        {
            EntryOf(source).RestsUntil = null;
        }
    }

    private SourceState Judge(EgressSource source, Entry entry)
    {
        if (source.Addresses.Count > 0 && source.Addresses.All(a => !local.Contains(a)))
        {
            return new SourceState(SourceStateKind.Missing, $"{string.Join(" and ", source.AddressTexts)} not on this machine", null);
        }

        if (entry.RestsUntil is { } rest && time.GetUtcNow() < rest)
        {
            return new SourceState(SourceStateKind.Refused, entry.RestReason, rest);
        }

        return entry.Until is { } until && time.GetUtcNow() < until
            ? new SourceState(SourceStateKind.Refused, entry.Reason, until)
            : SourceState.Ready;
    }

    private void Tell(EgressSource source, SourceState state)
    {
        if (state.Kind == SourceStateKind.Ready)
        {
            DeliveryLog.SourceReady(logger, source.Name);
            return;
        }

        metrics.SourceRests(state.Kind);
        DeliveryLog.SourceRests(logger, source.Name, state.Reason!);
    }

    private Entry EntryOf(EgressSource source)
    {
        if (!_entries.TryGetValue(source.Name, out var entry))
        {
            _entries[source.Name] = entry = new Entry();
        }

        return entry;
    }

    private sealed class Entry
    {
        /// <summary>Sites that refused the source since one accepted.</summary>
        public HashSet<string> Refusing { get; } = new(StringComparer.Ordinal);

        public DateTimeOffset? Until { get; set; }

        public string? Reason { get; set; }

        /// <summary>Set by a rule on replies.</summary>
        public DateTimeOffset? RestsUntil { get; set; }

        public string? RestReason { get; set; }

        /// <summary>The state last logged.</summary>
        public SourceStateKind Told { get; set; }
    }
}

internal enum SourceStateKind
{
    Ready,

    /// <summary>None of its addresses is on this machine.</summary>
    Missing,

    /// <summary>Refused everywhere.</summary>
    Refused,
}

/// <param name="Reason">Null when ready.</param>
internal sealed record SourceState(SourceStateKind Kind, string? Reason, DateTimeOffset? Until)
{
    public static readonly SourceState Ready = new(SourceStateKind.Ready, null, null);
}
