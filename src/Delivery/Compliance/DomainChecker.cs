using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Remembers what was found, and lets one look serve all who ask at the same time.</summary>
internal sealed class DomainChecker(DomainLook look, BackgroundTasks background, TimeProvider time) : IDomainChecker, IDomainFindings
{
    private const int Remembered = 10_000;
    private const int MostAtOnce = 50;

    // Whoever mends a record wants to see it; what is in order seldom breaks.
    private static readonly TimeSpan GoodFor = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan BadFor = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly ExpiringCache<DomainQuestion, DomainFacts> _facts = new(Remembered, time);
    private readonly Lock _gate = new();
    private readonly Dictionary<DomainQuestion, Task<DomainFacts>> _running = [];

    public IReadOnlyList<ComplianceFinding>? Known(QueuedMessage message) =>
        DomainQuestion.Of(message) is { } question && _facts.TryGet(question, out var facts) ? facts.Findings : null;

    public async ValueTask<DomainFacts> CheckAsync(DomainQuestion question, bool isFresh, CancellationToken cancellationToken)
    {
        if (!isFresh && _facts.TryGet(question, out var known))
        {
            return known;
        }

        return await RunningAsync(question).WaitAsync(cancellationToken);
    }

    /// <summary>Looks beside the caller, who does not wait; nothing where it is known, or where many look already.</summary>
    public void Request(DomainQuestion question)
    {
        if (!_facts.TryGet(question, out _) && HasRoom(question))
        {
            background.Run(() => RunningAsync(question));
        }
    }

    private bool HasRoom(DomainQuestion question)
    {
        lock (_gate)
        {
            return _running.Count < MostAtOnce && !_running.ContainsKey(question);
        }
    }

    private Task<DomainFacts> RunningAsync(DomainQuestion question)
    {
        lock (_gate)
        {
            if (!_running.TryGetValue(question, out var running))
            {
                running = Task.Run(() => LookAsync(question), CancellationToken.None);
                _running.Add(question, running);
            }

            return running;
        }
    }

    // Not under the token of whoever asked first: the others wait for it, too.
    private async Task<DomainFacts> LookAsync(DomainQuestion question)
    {
        try
        {
            var facts = await LookInTimeAsync(question);
            _facts.Set(question, facts, facts.Findings.Count + facts.Unknown.Count == 0 ? GoodFor : BadFor);
            return facts;
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(question);
            }
        }
    }

    // Silence is an answer that is kept like any other, or every message of the domain would wait for it anew.
    private async ValueTask<DomainFacts> LookInTimeAsync(DomainQuestion question)
    {
        using var deadline = new CancellationTokenSource(Longest, time);
        try
        {
            return await look.LookAsync(question, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return new DomainFacts(question.From, question.Envelope, time.GetUtcNow(), [], ["DNS took longer than 30 seconds"], []);
        }
    }
}
