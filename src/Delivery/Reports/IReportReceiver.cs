using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Reads mail that came in as a report and does what follows from it.</summary>
internal interface IReportReceiver
{
    /// <returns>Delivered when it was read, Captured when it is kept for an operator.</returns>
    /// <exception cref="SpoolException">The content cannot be read now.</exception>
    /// <exception cref="StoreUnavailableException">What follows could not be recorded; nothing was.</exception>
    ValueTask<AttemptOutcome> ReceiveAsync(DeliveryTask task, CancellationToken cancellationToken);
}
