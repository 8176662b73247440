namespace Relay.Queue;

/// <summary>What an operator may do to recipients in the queue.</summary>
public enum QueueAction
{
    /// <summary>Waiting → Held.</summary>
    Hold,

    /// <summary>Held → Ready, due now.</summary>
    Release,

    /// <summary>Any waiting recipient that is not due yet → Ready, due now.</summary>
    RetryNow,

    /// <summary>Waiting or Held → Cancelled.</summary>
    Cancel,

    /// <summary>Waiting or Held → Bounced, with <see cref="QueueCriteria.Reason"/>.</summary>
    Bounce,

    /// <summary>Waiting → Ready, due now, under the key that <see cref="QueueCriteria.Rebind"/> makes.</summary>
    Rebind,
}

/// <summary>Which recipients an act concerns; conditions are joined by and, at least one must be given.</summary>
public sealed record QueueCriteria
{
    public QueueId? MessageId { get; init; }

    public long? RecipientId { get; init; }

    /// <summary>A key, or a domain for that key and those with a routing rule behind it.</summary>
    public string? QueueKey { get; init; }

    /// <summary>Domain of the envelope sender, A-label.</summary>
    public string? SenderDomain { get; init; }

    /// <summary>Null: whatever is neither leased nor final.</summary>
    public IReadOnlyList<RecipientState>? States { get; init; }

    public long? AccountId { get; init; }

    /// <summary>Campaign: the first tag.</summary>
    public string? Tag { get; init; }

    public MailStream? Stream { get; init; }

    public DateTimeOffset? AcceptedBefore { get; init; }

    /// <summary>Text contained in the last reply, whatever its case.</summary>
    public string? Reply { get; init; }

    /// <summary>What the events of a bounce say.</summary>
    public string? Reason { get; init; }

    /// <summary><c>domain</c>, <c>rule:NAME</c>, <c>route:NAME</c> or <c>pool:NAME</c>; for <see cref="QueueAction.Rebind"/>.</summary>
    public string? Rebind { get; init; }

    /// <summary>True when something is said about which recipients are meant.</summary>
    public bool HasCondition => All || MessageId is not null || RecipientId is not null || QueueKey is not null || SenderDomain is not null
        || States is not null || AccountId is not null || Tag is not null || Stream is not null || AcceptedBefore is not null || Reply is not null;

    /// <summary>The key under which a recipient of that key waits after a rebind.</summary>
    public static string RebindKey(string queueKey, string target)
    {
        var rule = queueKey.IndexOf('#', StringComparison.Ordinal);
        var destination = rule < 0 ? queueKey : queueKey[..rule];
        return target == "domain" ? destination
            : target.StartsWith("rule:", StringComparison.Ordinal) ? $"{destination}#{target["rule:".Length..]}"
            : $"{destination}#{target}";
    }

    /// <summary>Every recipient in the queue; must be said, never the default.</summary>
    public bool All { get; init; }

    /// <summary>Name of who acts, for the events.</summary>
    public required string Actor { get; init; }
}

/// <param name="Affected">Recipients changed.</param>
/// <param name="SkippedLeased">Matching recipients that are being delivered right now and were left alone.</param>
public readonly record struct QueueActionResult(int Affected, int SkippedLeased);

/// <summary>A message with everything known about it except its content.</summary>
public sealed record MessageDetails
{
    public required QueuedMessage Message { get; init; }

    public required IReadOnlyList<Variant> Variants { get; init; }

    public required IReadOnlyList<QueuedRecipient> Recipients { get; init; }

    /// <summary>False once retention deleted the content.</summary>
    public required bool HasContent { get; init; }
}

/// <summary>Conditions for listing recipients; null means any.</summary>
public sealed record QueueFilter
{
    public IReadOnlyList<RecipientState>? States { get; init; }

    /// <summary>A key, or a domain for that key and those with a routing rule behind it.</summary>
    public string? QueueKey { get; init; }

    /// <summary>Text contained in recipient, From or Subject.</summary>
    public string? Search { get; init; }

    /// <summary>Recipient ids below this one; from an earlier page.</summary>
    public long? Before { get; init; }

    /// <summary>1–500.</summary>
    public int Limit { get; init; } = 50;
}

/// <param name="Next">Pass as <see cref="QueueFilter.Before"/> for the next page; null at the end.</param>
public sealed record QueuePage(IReadOnlyList<QueueEntry> Entries, long? Next);

public sealed record QueueEntry(QueuedMessage Message, QueuedRecipient Recipient);

/// <param name="ByState">Recipients in each state that has any; final states count what retention still keeps.</param>
/// <param name="ByKey">Open recipients of the busiest keys.</param>
public sealed record QueueSummary(IReadOnlyDictionary<RecipientState, long> ByState, IReadOnlyList<KeySummary> ByKey)
{
    /// <summary>When the oldest message that still has open recipients was accepted; null when the queue is empty.</summary>
    public DateTimeOffset? OldestOpen { get; init; }
}

public sealed record KeySummary(string QueueKey, long Waiting, long Leased, long Held, DateTimeOffset? NextDue);

/// <summary>How long things stay after a message's last recipient became final.</summary>
public sealed record RetentionRules
{
    public TimeSpan ContentSmtp { get; init; } = TimeSpan.Zero;

    public TimeSpan ContentHttp { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Captured mail has been asked for to be read.</summary>
    public TimeSpan ContentCaptured { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Message and recipient rows.</summary>
    public TimeSpan Messages { get; init; } = TimeSpan.FromDays(30);
}
