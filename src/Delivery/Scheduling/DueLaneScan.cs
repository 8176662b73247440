using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Looks at the store's summary: after the start, for lanes that did not fit, and for what became due by the clock.</summary>
/// <remarks>
/// Page by page to the end. When the map of lanes is full it stops and goes on from there next time, so that however many lanes a
/// blocked site has, those behind them get their turn.
/// </remarks>
internal sealed class DueLaneScan(IQueueStore store, DueLanes lanes, int pageSize)
{
    private DueLane? _last;

    public async ValueTask RunAsync(DateTimeOffset dueBy, CancellationToken cancellationToken)
    {
        do
        {
            var page = await store.DueLanesAsync(dueBy, _last, pageSize, cancellationToken);
            foreach (var due in page)
            {
                if (!lanes.Note(due.Lane, due.NextDue))
                {
                    return;
                }

                _last = due;
            }

            if (page.Count < pageSize)
            {
                _last = null;
            }
        }
        while (_last is not null);
    }
}
