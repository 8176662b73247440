using System.Threading.Channels;

namespace Relay.Delivery;

/// <summary>Remembers which queue keys have mail that was deferred because a path did not answer, and tells when it answers again. Bounded; thread safe.</summary>
/// <remarks>Only a path that was suspended returns: one lost connection among many must not make its mail due at once, again and again.</remarks>
internal sealed class SiteReturns(DeliveryOptions options, TimeProvider time)
{
    private const int MaxPaths = 2_000;
    private const int MaxKeysOfPath = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<PathKey, Down> _down = [];
    private readonly Channel<PathKey> _answered = Channel.CreateBounded<PathKey>(new BoundedChannelOptions(MaxPaths) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>A connection failed, or the path is still down.</summary>
    /// <param name="queueKeys">Keys of the mail that was deferred for it.</param>
    public void Failed(PathKey path, IEnumerable<string> queueKeys, bool isSuspended)
    {
        lock (_gate)
        {
            if (!_down.TryGetValue(path, out var down))
            {
                if (_down.Count >= MaxPaths)
                {
                    return;
                }

                _down[path] = down = new Down();
            }

            down.LastFailure = time.GetUtcNow();
            down.IsSuspended |= isSuspended;
            foreach (var key in queueKeys)
            {
                if (down.Keys.Count < MaxKeysOfPath)
                {
                    down.Keys.Add(key);
                }
            }
        }
    }

    /// <summary>The path took a connection. When it was suspended its keys are to be brought forward.</summary>
    public void Answered(PathKey path)
    {
        lock (_gate)
        {
            if (!_down.TryGetValue(path, out var down))
            {
                return;
            }

            if (!down.IsSuspended)
            {
                _down.Remove(path);
            }
            else if (!down.HasAnswered && _answered.Writer.TryWrite(path))
            {
                down.HasAnswered = true;
            }
        }
    }

    /// <summary>Whether mail waits for the path, so that it is worth asking whether it is back.</summary>
    public bool HasMailFor(PathKey path)
    {
        lock (_gate)
        {
            if (!_down.TryGetValue(path, out var down))
            {
                return false;
            }

            // By then everything that waited has been given up.
            if (time.GetUtcNow() - down.LastFailure > options.Retry.ExpireAfter)
            {
                _down.Remove(path);
                return false;
            }

            return !down.HasAnswered && down.Keys.Count > 0;
        }
    }

    /// <summary>Returns when a path has answered.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken) => await _answered.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>The next path that answered, with its keys; it is forgotten here. Null when there is none.</summary>
    public (PathKey Path, IReadOnlyList<string> Keys)? TakeNext()
    {
        while (_answered.Reader.TryRead(out var path))
        {
            lock (_gate)
            {
                if (_down.Remove(path, out var down))
                {
                    return (path, [.. down.Keys]);
                }
            }
        }

        return null;
    }

    private sealed class Down
    {
        public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);

        public bool IsSuspended { get; set; }

        public bool HasAnswered { get; set; }

        public DateTimeOffset LastFailure { get; set; }
    }
}
