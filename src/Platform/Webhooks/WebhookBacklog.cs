using System.Collections.Concurrent;

namespace Relay.Platform.Webhooks;

/// <summary>How many deliveries are pending, by webhook; counted along and set right by each sweep. Thread safe.</summary>
internal sealed class WebhookBacklog
{
    private readonly ConcurrentDictionary<long, long> _pending = new();

    public long Total => _pending.Values.Sum();

    public long Of(long webhookId) => _pending.GetValueOrDefault(webhookId);

    public void Add(long webhookId, long count) => _pending.AddOrUpdate(webhookId, Math.Max(0, count), (_, now) => Math.Max(0, now + count));

    public void Set(IReadOnlyDictionary<long, long> counted)
    {
        foreach (var webhookId in _pending.Keys.Where(webhookId => !counted.ContainsKey(webhookId)))
        {
            _pending.TryRemove(webhookId, out _);
        }

        foreach (var (webhookId, count) in counted)
        {
            _pending[webhookId] = count;
        }
    }
}
