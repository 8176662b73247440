using Relay.Delivery;

namespace Relay.Tests.Support;

public sealed class MemoryDownPathStore : IDownPathStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Site, string Source, string Key), DateTimeOffset> _keys = [];

    public ValueTask<IReadOnlyList<DownKey>> LoadAsync(int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var newest = _keys.OrderByDescending(k => k.Value).Take(limit).Select(k => new DownKey(k.Key.Site, k.Key.Source, k.Key.Key, k.Value));
            return ValueTask.FromResult<IReadOnlyList<DownKey>>(
                [.. newest.OrderBy(k => k.Site, StringComparer.Ordinal).ThenBy(k => k.Source, StringComparer.Ordinal).ThenBy(k => k.QueueKey, StringComparer.Ordinal)]);
        }
    }

    public ValueTask SaveAsync(DownPathChanges changes)
    {
        lock (_gate)
        {
            foreach (var key in _keys.Keys.Where(k => changes.Gone.Contains((k.Site, k.Source))).ToList())
            {
                _keys.Remove(key);
            }

            foreach (var key in changes.Seen)
            {
                _keys[(key.Site, key.Source, key.QueueKey)] = key.At;
            }

            foreach (var key in _keys.Where(k => k.Value < changes.ForgetBefore).Select(k => k.Key).ToList())
            {
                _keys.Remove(key);
            }
        }

        return ValueTask.CompletedTask;
    }
}
