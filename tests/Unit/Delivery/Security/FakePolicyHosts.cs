using System.Collections.Concurrent;
using System.Text;
using Relay.Delivery;

namespace Relay.Tests.Unit;

/// <summary>Policy files by domain; a domain without one cannot be asked.</summary>
internal sealed class FakePolicyHosts : IMtaStsFetcher
{
    public ConcurrentDictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Of every call; null: none.</summary>
    public MtaStsFetchException? Trouble { get; set; }

    public async ValueTask<ReadOnlyMemory<byte>> FetchAsync(string domain, CancellationToken cancellationToken)
    {
        Asked.Enqueue(domain);
        await Task.Yield();
        return Trouble is not null ? throw Trouble
            : Files.TryGetValue(domain, out var text) ? Encoding.UTF8.GetBytes(text) : throw new MtaStsFetchException("no connection");
    }
}

internal sealed class MemoryMtaStsStore : IMtaStsStore
{
    private readonly ConcurrentDictionary<string, StoredMtaStsPolicy> _policies = new(StringComparer.Ordinal);

    public IOException? Trouble { get; set; }

    public ValueTask<StoredMtaStsPolicy?> FindAsync(string domain, CancellationToken cancellationToken) =>
        Trouble is null ? ValueTask.FromResult(_policies.GetValueOrDefault(domain)) : throw Trouble;

    public ValueTask SaveAsync(StoredMtaStsPolicy policy, CancellationToken cancellationToken)
    {
        if (Trouble is not null)
        {
            throw Trouble;
        }

        _policies[policy.Domain] = policy;
        return ValueTask.CompletedTask;
    }
}
