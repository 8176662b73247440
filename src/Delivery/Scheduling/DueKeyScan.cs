using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Looks at the store's summary: after the start, for keys that did not fit, and for what became due by the clock.</summary>
/// <remarks>
/// Page by page to the end. When the map of keys is full it stops and goes on from there next time, so that however many keys a
/// blocked site has, those behind them get their turn.
/// </remarks>
internal sealed class DueKeyScan(IQueueStore store, DueKeys keys, int pageSize)
{
    private DueKey? _last;

    public async ValueTask RunAsync(DateTimeOffset dueBy, CancellationToken cancellationToken)
    {
        do
        {
            var page = await store.DueKeysAsync(dueBy, _last, pageSize, cancellationToken);
            foreach (var key in page)
            {
                if (!keys.Note(key.QueueKey, key.NextDue))
                {
                    return;
                }

                _last = key;
            }

            if (page.Count < pageSize)
            {
                _last = null;
            }
        }
        while (_last is not null);
    }
}
