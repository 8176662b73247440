using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Hosts that announce what they do not master, remembered for a while. Thread safe.</summary>
internal sealed class PeerQuirks(TimeProvider time)
{
    private const int Capacity = 2_000;
    private static readonly TimeSpan ChunkingLife = TimeSpan.FromDays(1);

    // Mostly it was the network after all.
    private static readonly TimeSpan PipeliningLife = TimeSpan.FromHours(1);

    private readonly ExpiringCache<string, bool> _noChunking = new(Capacity, time);
    private readonly ExpiringCache<string, bool> _noPipelining = new(Capacity, time);

    /// <summary>Notes what a transaction has shown.</summary>
    public void Learn(string host, TransactionResult result)
    {
        if (result.IsChunkingRefused)
        {
            _noChunking.Set(host, true, ChunkingLife);
        }

        if (result.IsPipeliningSuspect)
        {
            _noPipelining.Set(host, true, PipeliningLife);
        }
    }

    /// <summary>The extensions that may be relied upon.</summary>
    public PeerExtensions Correct(string host, PeerExtensions announced)
    {
        var known = _noChunking.TryGet(host, out _) ? announced with { Chunking = false } : announced;
        return _noPipelining.TryGet(host, out _) ? known with { Pipelining = false } : known;
    }
}
