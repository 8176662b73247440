namespace Relay.Queue;

/// <summary>Which of two entries of one address and scope stands.</summary>
public static class SuppressionChange
{
    /// <summary>True when the new entry takes the place of the old one.</summary>
    public static bool Replaces(Suppression? old, Suppression entry, DateTimeOffset now)
    {
        if (old is null || old.ExpiresAt <= now)
        {
            return true;
        }

        if (entry.Reason == SuppressionReason.HardBounce && old.Reason != SuppressionReason.HardBounce)
        {
            return false;
        }

        // Equal means the same reason for the same address: when it was first noted is worth keeping.
        return old.Reason != entry.Reason || old.Detail != entry.Detail || old.ExpiresAt != entry.ExpiresAt;
    }
}
