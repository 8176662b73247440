namespace Relay.Admin;

/// <summary>Turns looks into alerts: raised after three looks in a row, ended after five without, so that nothing flaps. Thread safe.</summary>
internal sealed class AlertState
{
    private const int LooksToRaise = 3;
    private const int LooksToEnd = 5;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>In force, oldest first.</summary>
    public IReadOnlyList<Alert> Current
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries.Values.Select(entry => entry.Alert).OfType<Alert>().OrderBy(alert => alert.Since)];
            }
        }
    }

    /// <summary>Alerts that began and that ended with this look.</summary>
    public (IReadOnlyList<Alert> Raised, IReadOnlyList<Alert> Ended) Look(IReadOnlyList<Condition> found, DateTimeOffset now)
    {
        var raised = new List<Alert>();
        var ended = new List<Alert>();
        lock (_lock)
        {
            foreach (var condition in found)
            {
                var entry = _entries.TryGetValue(condition.Name, out var known) ? known : _entries[condition.Name] = new Entry();
                entry.Seen++;
                entry.Missed = 0;
                if (entry.Alert is null && entry.Seen >= LooksToRaise)
                {
                    raised.Add(new Alert(condition.Name, condition.Text, now));
                }

                entry.Alert = raised.Find(alert => alert.Name == condition.Name) ?? (entry.Alert is null ? null : entry.Alert with { Text = condition.Text });
            }

            foreach (var (name, entry) in _entries.Where(pair => found.All(condition => condition.Name != pair.Key)).ToList())
            {
                entry.Seen = 0;
                if (entry.Alert is null || ++entry.Missed >= LooksToEnd)
                {
                    _entries.Remove(name);
                    ended.AddRange(entry.Alert is { } alert ? [alert] : []);
                }
            }
        }

        return (raised, ended);
    }

    private sealed class Entry
    {
        public int Seen { get; set; }

        public int Missed { get; set; }

        public Alert? Alert { get; set; }
    }
}
