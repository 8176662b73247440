namespace Relay.Platform.Campaigns;

/// <summary>One mail to everybody of a contact book who wants it.</summary>
public sealed record Campaign
{
    /// <summary>Row number; 0 before it is stored.</summary>
    public long Id { get; init; }

    /// <summary>What clients know it by (UUID version 7).</summary>
    public required Guid Uid { get; init; }

    public required long AccountId { get; init; }

    public required string Name { get; init; }

    /// <summary>Address with or without a name.</summary>
    public required string From { get; init; }

    /// <summary>May hold merge fields, like the content.</summary>
    public required string Subject { get; init; }

    /// <summary>Shown by mail programs beside the subject.</summary>
    public string? PreviewText { get; init; }

    public required Guid BookUid { get; init; }

    public string? Html { get; init; }

    /// <summary>Blocks of an e-mail editor as JSON; html goes before it.</summary>
    public string? Content { get; init; }

    /// <summary>A template of the account instead of html and content.</summary>
    public string? TemplateId { get; init; }

    public IReadOnlyList<string> ReplyTo { get; init; } = [];

    public IReadOnlyList<string> Cc { get; init; } = [];

    public IReadOnlyList<string> Bcc { get; init; } = [];

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Null means as the domain says.</summary>
    public bool? TrackOpens { get; init; }

    public bool? TrackClicks { get; init; }

    public CampaignStatus Status { get; init; }

    /// <summary>Why it was paused by the server; null when nobody but its owner stopped it.</summary>
    public string? StopReason { get; init; }

    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>In which plain words such as "tomorrow 9am" and the send window are meant.</summary>
    public required string TimeZone { get; init; }

    public SendWindow? Window { get; init; }

    /// <summary>Contacts written to in one <see cref="BatchWindowMinutes"/>.</summary>
    public int BatchSize { get; init; } = CampaignLimits.DefaultBatchSize;

    /// <summary>0: one batch follows the other.</summary>
    public int BatchWindowMinutes { get; init; }

    public CampaignProgress Progress { get; init; } = new();

    public CampaignCounts Counts { get; init; } = new();

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Content and audience may still be changed.</summary>
    public bool IsEditable => Status is CampaignStatus.Draft or CampaignStatus.Scheduled;

    public bool IsOver => Status is CampaignStatus.Completed or CampaignStatus.Cancelled;
}

/// <summary>The values are stored.</summary>
public enum CampaignStatus
{
    Draft = 0,
    Scheduled = 1,
    InProgress = 2,
    Paused = 3,
    Completed = 4,
    Cancelled = 5,
}

public static class CampaignStatuses
{
    private static readonly string[] Names = ["DRAFT", "SCHEDULED", "IN_PROGRESS", "PAUSED", "COMPLETED", "CANCELLED"];

    /// <summary>As the reference spells it.</summary>
    public static string Name(this CampaignStatus status) => Names[(int)status];

    public static CampaignStatus? Parse(string name) => Array.IndexOf(Names, name) is >= 0 and var at ? (CampaignStatus)at : null;
}

/// <summary>How far a campaign has come through its book.</summary>
public sealed record CampaignProgress
{
    /// <summary>The last contact dealt with; moves in the transaction that queues its message.</summary>
    public long Cursor { get; init; }

    /// <summary>Contacts of its audience dealt with: written to or passed over.</summary>
    public long Expanded { get; init; }

    /// <summary>Passed over: they left after it began. Who had left before was never its audience.</summary>
    public long Skipped { get; init; }

    /// <summary>Messages whose contact's fate is known.</summary>
    public long Settled { get; init; }

    /// <summary>Messages begun in the present batch.</summary>
    public long InBatch { get; init; }

    public DateTimeOffset? BatchStartedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Its owner resumed it after the server had stopped it: bounces and complaints stop it no more.</summary>
    public bool IsUnguarded { get; init; }

    /// <summary>What remains to be done to messages already queued, after a pause, resume or cancel.</summary>
    public QueuedAct Act { get; init; }

    public long ActCursor { get; init; }
}

/// <summary>The values are stored.</summary>
public enum QueuedAct
{
    None = 0,
    Hold = 1,
    Release = 2,
    Cancel = 3,

    /// <summary>The campaign is deleted: what it knows of contacts goes piece by piece, and then it goes itself.</summary>
    Remove = 4,
}

/// <summary>Contacts by what became of their message, each counted once.</summary>
public sealed record CampaignCounts
{
    /// <summary>Who would get it, counted when it began.</summary>
    public long Total { get; init; }

    /// <summary>Messages queued.</summary>
    public long Queued { get; init; }

    public long Sent { get; init; }

    public long Delivered { get; init; }

    public long Opened { get; init; }

    public long Clicked { get; init; }

    public long Unsubscribed { get; init; }

    public long Bounced { get; init; }

    public long HardBounced { get; init; }

    public long Complained { get; init; }
}
