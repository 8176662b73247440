namespace Relay.Queue;

/// <summary>Where one recipient stands; it is in exactly one state. The values are stored.</summary>
public enum RecipientState
{
    /// <summary>Waits for its not-before time.</summary>
    Scheduled = 0,

    /// <summary>Due for its first attempt.</summary>
    Ready = 1,

    /// <summary>In the hands of this process.</summary>
    Leased = 2,

    /// <summary>Waits for its next attempt after a temporary failure.</summary>
    Deferred = 3,

    /// <summary>Kept by an operator until released.</summary>
    Held = 4,

    /// <summary>Final: the peer answered 2xx behind the final dot.</summary>
    Delivered = 10,

    /// <summary>Final: refused for good.</summary>
    Bounced = 11,

    /// <summary>Final: the retry schedule gave up.</summary>
    Expired = 12,

    /// <summary>Final: withdrawn by an operator or the sender.</summary>
    Cancelled = 13,

    /// <summary>Final: the address is on the suppression list.</summary>
    Suppressed = 14,

    /// <summary>Final: kept readable here instead of being sent.</summary>
    Captured = 15,
}

public static class RecipientStates
{
    /// <summary>True when nothing more will happen to the recipient by itself.</summary>
    public static bool IsFinal(this RecipientState state) => state >= RecipientState.Delivered;

    /// <summary>True for the states from which a recipient is leased when its next attempt is due.</summary>
    public static bool IsWaiting(this RecipientState state) =>
        state is RecipientState.Scheduled or RecipientState.Ready or RecipientState.Deferred;
}
