using Relay.Queue;

namespace Relay.Admin;

/// <summary>Sees events once the history has them: at least once, in order, as fast as it can. Must not throw.</summary>
public interface IEventFollower
{
    ValueTask FollowAsync(IReadOnlyList<DeliveryEvent> events);
}
