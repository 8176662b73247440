namespace Relay.Platform.Analytics;

/// <summary>What is counted, per recipient unless it says otherwise. The names in small letters are columns and JSON members; docs/api/analytics.md explains them.</summary>
public enum Counter
{
    /// <summary>Tried to the end at a destination: delivered, kept by a capture route, bounced or given up.</summary>
    Sent = 0,
    Delivered = 1,

    /// <summary>Attempts that were put off.</summary>
    Deferred = 2,

    /// <summary>The address or its domain does not exist.</summary>
    BouncedHard = 3,

    /// <summary>The destination does not want it from us, or as it is.</summary>
    BouncedBlocked = 4,

    /// <summary>Any other refusal.</summary>
    BouncedSoft = 5,

    /// <summary>Given up when the time was over, or never rendered.</summary>
    Failed = 6,

    /// <summary>Refused by this server itself.</summary>
    Rejected = 7,
    Suppressed = 8,
    Cancelled = 9,
    Complained = 10,
    Unsubscribed = 11,

    /// <summary>All opens, of persons and programs, however often.</summary>
    Opened = 12,
    OpenedHuman = 13,

    /// <summary>First open of a copy by a person.</summary>
    OpenedUnique = 14,
    Clicked = 15,
    ClickedHuman = 16,
    ClickedUnique = 17,
}
