namespace Relay.Delivery;

/// <summary>How many more tasks a path may hold now. Without room: since when again, or null for "when something ends"; always with the reason.</summary>
internal readonly record struct Room(int Tasks, DateTimeOffset? NotBefore, string Reason)
{
    public bool HasAny => Tasks > 0;
}
