using Relay.Delivery;

namespace Relay.Tests.Support;

/// <summary>Progress of warm-up plans as a dictionary under one lock.</summary>
public sealed class MemoryWarmupStore : IWarmupStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<(string Plan, string Site), WarmupProgress> _progress = [];
    private long _cursor;

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(_cursor);
        }
    }

    public ValueTask<IReadOnlyList<WarmupProgress>> LoadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<WarmupProgress>>([.. _progress.Values]);
        }
    }

    public ValueTask SaveAsync(IReadOnlyList<WarmupProgress> progress, long? cursor, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach (var entry in progress)
            {
                _progress[(entry.Plan, entry.Site)] = entry;
            }

            _cursor = cursor ?? _cursor;
            return ValueTask.CompletedTask;
        }
    }
}
