namespace Relay.Queue;

/// <summary>Lets the intake hand a message to delivery without a second look at the store, when the site has room.</summary>
public interface IImmediateDispatch
{
    /// <summary>Reserves room for one task; true obliges to call exactly one of <see cref="Dispatch"/> and <see cref="CancelReservation"/>.</summary>
    /// <param name="bytes">Content held in memory until the task ends.</param>
    bool TryReserve(string queueKey, QueueFlow flow, long bytes);

    /// <summary>Takes over a task that was born leased; its reservation is used up.</summary>
    void Dispatch(DeliveryTask task);

    void CancelReservation(string queueKey, QueueFlow flow, long bytes);
}
