using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Gives leased work back unchanged.</summary>
internal sealed class LeaseReturner(IQueueStore store, ILogger<LeaseReturner> logger)
{
    /// <summary>A store that cannot take it back now releases it at the next start.</summary>
    public async ValueTask ReturnAsync(DeliveryTask task, DateTimeOffset? notBefore)
    {
        try
        {
            await store.ReturnLeaseAsync(task, notBefore);
        }
        catch (StoreUnavailableException exception)
        {
            DeliveryLog.ReturnFailed(logger, exception);
        }
    }
}
