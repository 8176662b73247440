namespace Relay.Senders;

/// <summary>Life cycle of a signing key. The values are stored.</summary>
public enum DkimKeyState
{
    /// <summary>Made, not yet used for signing: its record is still to be seen in DNS.</summary>
    Pending = 0,
    Active = 1,

    /// <summary>No longer used; its record stays published for mail in flight.</summary>
    Retiring = 2,
    Retired = 3,
}
