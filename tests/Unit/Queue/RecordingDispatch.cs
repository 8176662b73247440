using Relay.Queue;

namespace Relay.Tests.Unit;

/// <summary>Remembers what the intake reserved, handed over and gave back.</summary>
internal sealed class RecordingDispatch : IImmediateDispatch
{
    public bool HasRoom { get; set; }

    public List<string> Reserved { get; } = [];

    public List<string> Cancelled { get; } = [];

    public List<DeliveryTask> Dispatched { get; } = [];

    public bool TryReserve(string queueKey, QueueFlow flow, long bytes)
    {
        if (HasRoom)
        {
            Reserved.Add($"{queueKey} {bytes}");
        }

        return HasRoom;
    }

    public void Dispatch(DeliveryTask task) => Dispatched.Add(task);

    public void CancelReservation(string queueKey, QueueFlow flow, long bytes) => Cancelled.Add($"{queueKey} {bytes}");
}
