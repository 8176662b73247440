using Relay.Queue;

namespace Relay.Delivery;

/// <summary>A leased task with the way it shall go.</summary>
/// <param name="Bytes">Content held in memory for it, as counted by the window.</param>
internal sealed record DeliveryJob(DeliveryTask Task, Route Route, DateTimeOffset LeasedAt, long Bytes);
