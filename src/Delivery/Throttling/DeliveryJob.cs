using Relay.Queue;

namespace Relay.Delivery;

/// <summary>A leased task with the way it shall go.</summary>
/// <param name="Bytes">Content held in memory for it, as counted by the window.</param>
internal sealed record DeliveryJob(DeliveryTask Task, Route Route, DateTimeOffset LeasedAt, long Bytes)
{
    /// <summary>What limits it besides its path.</summary>
    public Throttle[] Throttles { get; init; } = [];

    /// <summary>Recipients in one transaction, as far as the mail's own limits say; the path's come on top.</summary>
    public int MaxRecipientsPerTransaction
    {
        get
        {
            var lowest = int.MaxValue;
            foreach (var throttle in Throttles)
            {
                lowest = Math.Min(lowest, throttle.MaxRecipientsPerTransaction ?? int.MaxValue);
            }

            return lowest;
        }
    }
}
