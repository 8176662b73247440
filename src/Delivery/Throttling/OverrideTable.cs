namespace Relay.Delivery;

/// <summary>Overrides of all paths, bounded; they outlive the path's queue. Guarded by the dispatcher's lock.</summary>
internal sealed class OverrideTable
{
    private const int MaxPaths = 10_000;

    // Shared by the many paths without any; nothing is ever set on it.
    private static readonly PathOverrides None = new();

    private readonly Dictionary<PathKey, PathOverrides> _byPath = [];

    public PathOverrides Find(PathKey path) => _byPath.GetValueOrDefault(path, None);

    public bool Set(PathKey path, LimitOverride change)
    {
        if (!_byPath.TryGetValue(path, out var overrides))
        {
            if (_byPath.Count >= MaxPaths)
            {
                return false;
            }

            _byPath[path] = overrides = new PathOverrides();
        }

        overrides.Set(change);
        return true;
    }

    public bool Remove(PathKey path, string name) => _byPath.TryGetValue(path, out var overrides) && overrides.Remove(name);

    public IReadOnlyList<(PathKey Path, LimitOverride Change)> Active(DateTimeOffset now) =>
        [.. _byPath.SelectMany(p => p.Value.Active(now).Select(change => (p.Key, change)))];

    /// <summary>Forgets what is over. A queue that still holds the emptied list sees no override in it.</summary>
    public void Expire(DateTimeOffset now)
    {
        List<PathKey>? over = null;
        foreach (var (path, overrides) in _byPath)
        {
            if (overrides.Expire(now))
            {
                (over ??= []).Add(path);
            }
        }

        over?.ForEach(path => _byPath.Remove(path));
    }
}
