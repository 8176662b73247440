using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Delivery;

/// <summary>Who is braked, for operators.</summary>
public interface IBrakes
{
    /// <summary>To be called before the doors open: a brake holds over a restart.</summary>
    Task LoadAsync(CancellationToken cancellationToken);

    /// <summary>In force, oldest first.</summary>
    IReadOnlyList<Brake> Active();

    /// <summary>Ends a brake and lets go what it holds; may be asked again, for what was being held at that moment.</summary>
    /// <returns>How many recipients go; null when there never was such a brake.</returns>
    ValueTask<int?> ReleaseAsync(long id, AuditActor actor, CancellationToken cancellationToken);
}

/// <summary>The abuse brake: keeps mail of a braked party back at the door and before it is sent. Thread safe.</summary>
internal sealed class Brakes : IBrakes, IMessageGate, IHoldGate
{
    private readonly BrakeOptions _options;
    private readonly IBrakeStore _store;
    private readonly IQueueStore _queue;
    private readonly IAuditStore _audit;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<BrakeParty, Brake> _active = [];

    public Brakes(BrakeOptions options, IBrakeStore store, IQueueStore queue, IAuditStore audit, DeliveryMetrics metrics, TimeProvider time)
    {
        _options = options;
        _store = store;
        _queue = queue;
        _audit = audit;
        _time = time;
        metrics.ObserveBrakes(Active);
    }

    /// <summary>What is counted of whom; used under <see cref="Counting"/>.</summary>
    public Dictionary<BrakeParty, BrakeCounts> Counts { get; } = [];

    /// <summary>One at a time counts, or forgives.</summary>
    public SemaphoreSlim Counting { get; } = new(1);

    public long LastId { get; private set; }

    public IReadOnlyList<Brake> Active()
    {
        lock (_gate)
        {
            return [.. _active.Values.OrderBy(brake => brake.Id)];
        }
    }

    public bool IsBraked(BrakeParty party)
    {
        lock (_gate)
        {
            return _active.ContainsKey(party);
        }
    }

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var state = await _store.LoadAsync(cancellationToken);
        LastId = Math.Max(LastId, state.LastId);
        foreach (var (party, counts) in state.Counts)
        {
            Counts[party] = BrakeCounts.Read(counts);
        }

        state.Brakes.ToList().ForEach(Set);
    }

    public void Set(Brake brake)
    {
        lock (_gate)
        {
            LastId = Math.Max(LastId, brake.Id);
            _active[brake.Party] = brake;
        }
    }

    public GateVerdict? Judge(GateQuestion question) =>
        Find(question.Message) is not { } brake ? null
        : _options.Mode == BrakeMode.Reject ? new GateVerdict(GateAct.Refuse, Brake.Class, brake.Text) { Reply = SmtpReply.Of(450, "4.7.1", $"mail of {brake.Party} is kept back: {brake.Reason}") }
        : new GateVerdict(GateAct.Hold, Brake.Class, brake.Text);

    public ValueTask<GateVerdict?> CheckAsync(DeliveryJob job, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Find(job.Task.Message) is { } brake ? new GateVerdict(GateAct.Hold, Brake.Class, brake.Text) : null);

    public async ValueTask<int?> ReleaseAsync(long id, AuditActor actor, CancellationToken cancellationToken)
    {
        if (id > LastId || id < 1)
        {
            return null;
        }

        if (Active().FirstOrDefault(active => active.Id == id) is { } brake)
        {
            await EndAsync(brake, cancellationToken);
            await _audit.AppendAsync(actor, _time, "brake.release", brake.Party.ToString(), cancellationToken, brake.Party.AccountId);
        }

        var released = await _queue.ApplyAsync(QueueAction.Release, new QueueCriteria { Actor = actor.Name, Reply = $"brake {id}:" }, cancellationToken);
        return released.Affected;
    }

    private async ValueTask EndAsync(Brake brake, CancellationToken cancellationToken)
    {
        await Counting.WaitAsync(cancellationToken);
        try
        {
            var counts = Counts.TryGetValue(brake.Party, out var known) ? known : Counts[brake.Party] = new BrakeCounts();
            counts.Forgive(_time.GetUtcNow());
            await _store.RemoveAsync(brake.Id, brake.Party, counts.Write(), CancellationToken.None);
            lock (_gate)
            {
                _active.Remove(brake.Party);
            }
        }
        finally
        {
            Counting.Release();
        }
    }

    private Brake? Find(QueuedMessage message)
    {
        lock (_gate)
        {
            return _active.Count == 0 || _options.Mode == BrakeMode.Off ? null : BrakeParty.Of(message).Select(party => _active.GetValueOrDefault(party)).FirstOrDefault(brake => brake is not null);
        }
    }
}
