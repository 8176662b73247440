namespace Relay.Delivery;

/// <summary>Operators' suspensions, in the store and in the dispatcher.</summary>
internal sealed class SuspensionControl(Dispatcher dispatcher, IOperatorSuspensionStore store, TimeProvider time) : IOperatorSuspensions
{
    /// <summary>To be called before delivery starts.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var stored = await store.ListAsync(time.GetUtcNow(), cancellationToken);
        lock (dispatcher.Gate)
        {
            foreach (var suspension in stored)
            {
                dispatcher.Suspended.Set(suspension);
            }
        }
    }

    public IReadOnlyList<OperatorSuspension> Active()
    {
        lock (dispatcher.Gate)
        {
            return dispatcher.Suspended.Active(time.GetUtcNow());
        }
    }

    public async ValueTask<OperatorSuspension> AddAsync(OperatorSuspension suspension, CancellationToken cancellationToken)
    {
        var stored = await store.AddAsync(suspension, cancellationToken);
        lock (dispatcher.Gate)
        {
            dispatcher.Suspended.Set(stored);
            dispatcher.DrainSuspended();
        }

        return stored;
    }

    public async ValueTask<OperatorSuspension?> EndAsync(long id, CancellationToken cancellationToken)
    {
        if (!await store.RemoveAsync(id, cancellationToken))
        {
            return null;
        }

        lock (dispatcher.Gate)
        {
            var ended = dispatcher.Suspended.Remove(id);
            dispatcher.RefreshAll();
            return ended;
        }
    }
}
