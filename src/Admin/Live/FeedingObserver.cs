using Relay.Queue;

namespace Relay.Admin;

/// <summary>Hands events on once the history has them, so that what is seen live can be looked up at once.</summary>
public sealed class FeedingObserver(IEventObserver history, IEnumerable<IEventFollower> followers) : IEventObserver
{
    private readonly IReadOnlyList<IEventFollower> _followers = [.. followers];

    public string Name => history.Name;

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => history.CursorAsync(cancellationToken);

    public async ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        await history.ObserveAsync(events, cancellationToken);
        foreach (var follower in _followers)
        {
            await follower.FollowAsync(events);
        }
    }
}
