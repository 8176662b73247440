using System.Threading.Channels;

namespace Relay.Delivery;

/// <summary>Remembers which queue keys have mail that was deferred because a path did not answer, and tells when it answers again. Bounded; thread safe.</summary>
/// <remarks>Only a path that was suspended returns: one lost connection among many must not make its mail due at once, again and again.</remarks>
internal sealed class SiteReturns(DeliveryOptions options, TimeProvider time)
{
    private const int MaxPaths = 2_000;
    private const int MaxKeysOfPath = 10_000;

    // A domain may have moved since: some others of the path may not.
    private const int KeysToFindBy = 20;
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<PathKey, Down> _down = [];
    private readonly HashSet<(PathKey Path, string Key)> _unsaved = [];
    private readonly HashSet<PathKey> _gone = [];
    private readonly Dictionary<PathKey, DateTimeOffset> _restored = [];
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

                _down[path] = down = new Down([]);
            }

            down.LastFailure = time.GetUtcNow();
            if (isSuspended && !down.IsSuspended)
            {
                down.IsSuspended = true;
                _unsaved.UnionWith(down.Keys.Select(key => (path, key)));
            }

            foreach (var key in queueKeys)
            {
                Add(path, down, key);
            }
        }
    }

    /// <summary>A path that was down when an earlier process ended.</summary>
    public void Restore(PathKey path, IReadOnlyList<string> queueKeys, DateTimeOffset lastFailure)
    {
        lock (_gate)
        {
            if (_down.Count < MaxPaths)
            {
                _down[path] = new Down(queueKeys.Take(MaxKeysOfPath)) { IsSuspended = true, LastFailure = lastFailure };
                _restored[path] = DateTimeOffset.MinValue;
            }
        }
    }

    /// <summary>Restored paths that nobody knows the way to yet, with keys to find it by; each again after a minute, until it is <see cref="Found"/>.</summary>
    public IReadOnlyList<(PathKey Path, IReadOnlyList<string> Keys)> TakeRestored(int most)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var taken = new List<(PathKey, IReadOnlyList<string>)>();
            foreach (var path in _restored.Where(r => r.Value <= now).Take(most).Select(r => r.Key).ToList())
            {
                if (_down.TryGetValue(path, out var down) && !down.HasAnswered)
                {
                    _restored[path] = now + LookAgainAfter;
                    taken.Add((path, [.. down.Keys.Take(KeysToFindBy)]));
                }
                else
                {
                    _restored.Remove(path);
                }
            }

            return taken;
        }
    }

    /// <summary>The way to a restored path is known, or there is none.</summary>
    public void Found(PathKey path)
    {
        lock (_gate)
        {
            _restored.Remove(path);
        }
    }

    /// <summary>Nothing leads to the path any more: its mail comes by its schedule.</summary>
    public void Forget(PathKey path)
    {
        lock (_gate)
        {
            _restored.Remove(path);
            Remove(path);
        }
    }

    /// <summary>All mail of a path that answered has been made due.</summary>
    public void Moved(PathKey path)
    {
        lock (_gate)
        {
            if (!_down.TryGetValue(path, out var down) || !down.IsSuspended)
            {
                MarkGone(path);
            }
        }
    }

    /// <summary>What is to be written, at most so many keys; null when nothing is.</summary>
    public DownPathChanges? TakeChanges(int most)
    {
        lock (_gate)
        {
            if (_gone.Count + _unsaved.Count == 0)
            {
                return null;
            }

            var now = time.GetUtcNow();
            var seen = _unsaved.Take(most).ToList();
            var gone = _gone.Select(path => (path.Site, path.Source)).ToList();
            _unsaved.ExceptWith(seen);
            _gone.Clear();
            return new DownPathChanges(gone, [.. seen.Select(s => new DownKey(s.Path.Site, s.Path.Source, s.Key, now))], now - options.Retry.ExpireAfter);
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
                Remove(path);
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

    private void Add(PathKey path, Down down, string key)
    {
        if ((down.Keys.Count < MaxKeysOfPath && down.Keys.Add(key)) || down.Keys.Contains(key))
        {
            if (down.IsSuspended)
            {
                _unsaved.Add((path, key));
            }
        }
    }

    private void Remove(PathKey path)
    {
        if (_down.Remove(path, out var down) && down.IsSuspended)
        {
            MarkGone(path);
        }
    }

    private void MarkGone(PathKey path)
    {
        _gone.Add(path);
        _unsaved.RemoveWhere(seen => seen.Path == path);
    }

    private sealed class Down(IEnumerable<string> keys)
    {
        public HashSet<string> Keys { get; } = new(keys, StringComparer.Ordinal);

        public bool IsSuspended { get; set; }

        public bool HasAnswered { get; set; }

        public DateTimeOffset LastFailure { get; set; }
    }
}
