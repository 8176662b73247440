using Relay.Delivery;
using Relay.Mail;

namespace Relay.Bench.Simulation;

/// <summary>The receivers of the world, and how long everything takes.</summary>
internal sealed class Network
{
    private static readonly TimeSpan Dial = TimeSpan.FromMilliseconds(120);

    private readonly EventLoop _time;
    private readonly Audit _audit;
    private readonly Random _random;
    private readonly Dictionary<string, ReceiverState> _byHost = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Domain> _domains;

    public Network(World world, EventLoop time, Audit audit, int seed)
    {
        _time = time;
        _audit = audit;
        _random = new Random(seed);
        _domains = world.Domains.ToDictionary(d => d.Name);
        foreach (var receiver in world.Domains.Select(d => d.Receiver).DistinctBy(r => r.Host))
        {
            _byHost[receiver.Host] = new ReceiverState(receiver, time.Now, new Random(seed + _byHost.Count));
        }
    }

    public SimulatedConnection ConnectionTo(EgressPath path, DeliveryJob job) => new(path, ReceiverOf(job.Task.QueueKey));

    /// <summary>Dials; tells in the end whether the receiver took the connection.</summary>
    public void Open(SimulatedConnection connection, Action<SmtpReply?, string?> done)
    {
        var receiver = connection.Receiver;
        if (receiver.IsAway(_time.Now))
        {
            var timesOut = receiver.Receiver.Timeout > TimeSpan.Zero;
            _time.After(timesOut ? receiver.Receiver.Timeout : Dial, () => done(null, timesOut ? "the connection timed out" : "connection refused"));
            return;
        }

        var refusal = receiver.Connect(connection.Path.Source.Name);
        _audit.Opened(connection.Path, refusal is null);
        _time.After(Jitter(Dial), () =>
        {
            if (refusal is not null)
            {
                _audit.Closed(connection.Path);
                done(refusal, null);
                return;
            }

            connection.IsOpen = true;
            connection.Messages = 0;
            done(null, null);
        });
    }

    public void Close(SimulatedConnection connection)
    {
        if (connection.IsOpen)
        {
            connection.IsOpen = false;
            connection.Receiver.Close(connection.Path.Source.Name);
            _audit.Closed(connection.Path);
        }
    }

    /// <summary>One transaction; null: the connection broke.</summary>
    public void Send(SimulatedConnection connection, SimulatedQueue.Row row, int recipient, Action<SmtpReply?> done)
    {
        connection.Messages++;
        _audit.Sent(connection.Path, connection.Messages);
        var receiver = connection.Receiver.Receiver;
        _time.After(Jitter(receiver.Transaction), () =>
        {
            if (connection.Messages > receiver.PerConnection)
            {
                done(null);
                return;
            }

            var waited = row.FirstAttempt == 0 ? TimeSpan.Zero : new TimeSpan(_time.Now.UtcTicks - row.FirstAttempt);
            done(connection.Receiver.Deliver(connection.Path.Source.Name, recipient, row.Attempts, waited, _time.Now));
        });
    }

    public void Probe(EgressPath path, Route route, Action<SiteFeedback> done)
    {
        var connection = new SimulatedConnection(path, _byHost.Values.First(r => route.Hosts[0].Name.EndsWith(r.Receiver.Host, StringComparison.Ordinal)));
        Open(connection, (refusal, failure) =>
        {
            Close(connection);
            done(refusal is null && failure is null ? SiteFeedback.Success : SiteFeedback.Failure(refusal?.ToString() ?? failure!, refusal));
        });
    }

    private ReceiverState ReceiverOf(string domain) => _byHost[_domains[domain].Receiver.Host];

    private TimeSpan Jitter(TimeSpan mean) => mean * (0.5 + _random.NextDouble());
}

/// <summary>One connection slot of a worker.</summary>
internal sealed class SimulatedConnection(EgressPath path, ReceiverState receiver)
{
    public EgressPath Path { get; } = path;

    public ReceiverState Receiver { get; set; } = receiver;

    public bool IsOpen { get; set; }

    public int Messages { get; set; }
}
