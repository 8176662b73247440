namespace Relay.Delivery;

/// <summary>Counts matches of rules by path, so that a rule may ask for several; and keeps one that acted quiet for a moment. Not thread safe.</summary>
internal sealed class RuleHits
{
    private const int MaxEntries = 10_000;

    /// <summary>Replies under way when a rule acts tell of the same trouble.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    private readonly Dictionary<(string Rule, PathKey Path), Entry> _entries = [];

    /// <summary>One more match; true when the rule acts now.</summary>
    public bool Count(ReplyRule rule, PathKey path, DateTimeOffset now)
    {
        if (!_entries.TryGetValue((rule.Name, path), out var entry))
        {
            Forget(now);
            _entries[(rule.Name, path)] = entry = new Entry();
        }

        entry.Last = now;
        entry.KeepFor = rule.Within > Quiet ? rule.Within : Quiet;
        if (now < entry.QuietUntil)
        {
            return false;
        }

        entry.Times.Enqueue(now);
        while (entry.Times.TryPeek(out var first) && first < now - rule.Within)
        {
            entry.Times.Dequeue();
        }

        if (entry.Times.Count < rule.Times)
        {
            return false;
        }

        entry.Times.Clear();
        entry.QuietUntil = now + Quiet;
        return true;
    }

    private void Forget(DateTimeOffset now)
    {
        if (_entries.Count < MaxEntries)
        {
            return;
        }

        foreach (var key in _entries.Where(e => now - e.Value.Last > e.Value.KeepFor).Select(e => e.Key).ToList())
        {
            _entries.Remove(key);
        }

        // Still full: counting starts anew, which only makes rules act later.
        if (_entries.Count >= MaxEntries)
        {
            _entries.Clear();
        }
    }

    private sealed class Entry
    {
        public Queue<DateTimeOffset> Times { get; } = new();

        public DateTimeOffset QuietUntil { get; set; }

        public DateTimeOffset Last { get; set; }

        public TimeSpan KeepFor { get; set; }
    }
}
