using System.Globalization;
using Relay.Bench.Simulation;
using Relay.Delivery;
using Relay.Queue;

namespace Relay.Tests.Unit;

/// <summary>The engine in virtual time with domains, receivers and mail of the test's own choice (bench/Simulation).</summary>
internal sealed class Scenario
{
    private const int Seed = 11;
    private static readonly TimeSpan AcceptEvery = TimeSpan.FromMilliseconds(100);

    private readonly List<Domain> _domains;
    private readonly SimulatedQueue _store;
    private readonly Engine _engine;
    private int _added;

    public Scenario(int recipients, params IEnumerable<Domain>[] domains)
    {
        _domains = [.. domains.SelectMany(some => some)];
        Options = Simulation.DeliveryOptionsOf(new SimulationOptions { Sources = 1 });
        _store = new SimulatedQueue(recipients, Options.Retry.ExpireAfter, Time);
        _engine = new Engine(Options, new World(_domains), _store, Time, Seed);
    }

    public static DateTimeOffset Start { get; } = new(2030, 1, 7, 8, 0, 0, TimeSpan.Zero);

    public DeliveryOptions Options { get; }

    public EventLoop Time { get; } = new(Start);

    public Audit Audit => _engine.Audit;

    /// <summary>Domains that share the hosts of one receiver.</summary>
    public static IReadOnlyList<Domain> Hosted(string name, int count, Receiver receiver) =>
        [.. Enumerable.Range(0, count).Select(i => new Domain(i, string.Create(CultureInfo.InvariantCulture, $"{name}{i}.test"), "mx." + receiver.Host, receiver, 0))];

    /// <summary>Domains with a host of their own each.</summary>
    public static IReadOnlyList<Domain> Own(string name, int count, Func<string, Receiver> receiver) =>
        [.. Enumerable.Range(0, count).Select(i => Hosted(string.Create(CultureInfo.InvariantCulture, $"{name}{i}-"), 1, receiver(string.Create(CultureInfo.InvariantCulture, $"{name}{i}.example")))[0])];

    /// <summary>Mail that is in the queue, due, in turn for each of the domains.</summary>
    public void Queue(int recipients, IReadOnlyList<Domain> domains)
    {
        for (var i = 0; i < recipients; i++, _added++)
        {
            _store.Add(_added, domains[i % domains.Count].Name, MessagePriority.Normal);
        }
    }

    /// <summary>Mail that is accepted little by little.</summary>
    public void Accept(int recipients, int perSecond, IReadOnlyList<Domain> domains)
    {
        var left = recipients;
        Time.After(TimeSpan.Zero, More);

        void More()
        {
            var batch = Math.Min(left, Math.Max(1, (int)(perSecond * AcceptEvery.TotalSeconds)));
            Queue(batch, domains);
            if ((left -= batch) > 0)
            {
                Time.After(AcceptEvery, More);
            }
        }
    }

    /// <summary>Runs until nothing is open at these domains, or the time is over.</summary>
    public void Run(TimeSpan longest, IReadOnlyList<Domain> until, int recipients)
    {
        var names = until.Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        var next = Start;
        _engine.Start();
        Time.Run(
            () =>
            {
                // A look at all rows now and then, not at every event.
                if (Time.Now < next)
                {
                    return false;
                }

                next = Time.Now.AddSeconds(1);
                return Final(names) == recipients;
            },
            Start + longest);
    }

    /// <summary>Time in the queue of what was delivered at these domains, ordered.</summary>
    public IReadOnlyList<TimeSpan> Waits(IReadOnlyList<Domain> domains)
    {
        var names = domains.Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        return [.. Rows(names).Where(r => r.State == RecipientState.Delivered).Select(r => new TimeSpan(r.FinishedAt - r.AcceptedAt)).Order()];
    }

    /// <summary>When each was delivered, ordered.</summary>
    public IReadOnlyList<DateTimeOffset> Deliveries(IReadOnlyList<Domain> domains)
    {
        var names = domains.Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        return [.. Rows(names).Where(r => r.State == RecipientState.Delivered).Select(r => new DateTimeOffset(r.FinishedAt, TimeSpan.Zero)).Order()];
    }

    private int Final(HashSet<string> names)
    {
        var count = 0;
        foreach (ref readonly var row in _store.Rows[.._added])
        {
            count += row.State.IsFinal() && names.Contains(row.Key) ? 1 : 0;
        }

        return count;
    }

    private IEnumerable<SimulatedQueue.Row> Rows(HashSet<string> names) => _store.Rows[.._added].ToArray().Where(r => names.Contains(r.Key));
}
