using Relay.Delivery;
using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>Remembers what was noted, and tells of an earlier process what a test says.</summary>
public sealed class MemoryHandoffJournal : IHandoffJournal
{
    private readonly Lock _gate = new();

    public List<LeftHandoff> Left { get; } = [];

    /// <summary>False: nothing can be written.</summary>
    public bool IsWritable { get; set; } = true;

    public bool IsStarted { get; private set; }

    /// <summary>What was noted, one line each, in order.</summary>
    public List<string> Notes { get; } = [];

    public List<HandoffPeer> Peers { get; } = [];

    public HashSet<LeaseToken> Open { get; } = [];

    public ValueTask<IReadOnlyList<LeftHandoff>> LeftAsync(CancellationToken cancellationToken) => new([.. Left]);

    public void Start() => IsStarted = true;

    public ValueTask<bool> BeginAsync(LeaseToken lease, IReadOnlyList<long> recipients, HandoffPeer peer)
    {
        lock (_gate)
        {
            if (IsWritable)
            {
                Notes.Add("begin " + string.Join(',', recipients));
                Peers.Add(peer);
                Open.Add(lease);
            }

            return new(IsWritable);
        }
    }

    public void Answered(LeaseToken lease, IReadOnlyList<long> recipients, HandoffAnswer answer)
    {
        lock (_gate)
        {
            Notes.Add($"{(answer.IsSent ? "sent" : "not sent")} {string.Join(',', recipients)}: {answer.Reply}");
        }
    }

    public void Settled(LeaseToken lease)
    {
        lock (_gate)
        {
            Open.Remove(lease);
        }
    }
}
