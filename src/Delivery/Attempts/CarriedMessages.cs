namespace Relay.Delivery;

/// <summary>Messages that one connection carried, by whose limit on messages per connection they count against. Used by one attempt at a time.</summary>
internal sealed class CarriedMessages
{
    // Beyond it no further name is counted: a mail with a limit of its own then goes by another connection.
    private const int MaxNames = 1_000;

    private readonly Dictionary<string, int> _byThrottle = new(StringComparer.Ordinal);

    /// <summary>True when one more message under these limits may go by this connection.</summary>
    public bool HasRoomFor(Throttle[] throttles)
    {
        foreach (var throttle in throttles)
        {
            if (throttle.MaxMessagesPerConnection is { } max && !HasRoomFor(throttle.Name, max))
            {
                return false;
            }
        }

        return true;
    }

    public void Add(Throttle[] throttles)
    {
        foreach (var throttle in throttles)
        {
            if (throttle.MaxMessagesPerConnection is not null)
            {
                _byThrottle[throttle.Name] = _byThrottle.GetValueOrDefault(throttle.Name) + 1;
            }
        }
    }

    private bool HasRoomFor(string name, int max) =>
        _byThrottle.TryGetValue(name, out var carried) ? carried < max : _byThrottle.Count < MaxNames;
}
