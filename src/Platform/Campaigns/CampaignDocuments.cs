namespace Relay.Platform.Campaigns;

/// <summary>A campaign to be made or changed, as the API's description shows it; what is read is decided by <see cref="CampaignReader"/>.</summary>
internal sealed record CampaignDocument
{
    /// <summary>For lists; readers do not see it.</summary>
    public required string Name { get; init; }

    /// <summary>Address with or without display name; its domain is one you have verified.</summary>
    public required string From { get; init; }

    /// <summary>May hold merge fields such as {{firstName,fallback=there}}.</summary>
    public required string Subject { get; init; }

    public string? PreviewText { get; init; }

    public required string ContactBookId { get; init; }

    /// <summary>Blocks of an e-mail editor as JSON; html goes before it.</summary>
    public string? Content { get; init; }

    /// <summary>Must hold {{usesend_unsubscribe_url}} before it is sent.</summary>
    public string? Html { get; init; }

    /// <summary>One address or a list.</summary>
    public IReadOnlyList<string>? ReplyTo { get; init; }

    /// <summary>One address or a list; they get every contact's copy.</summary>
    public IReadOnlyList<string>? Cc { get; init; }

    /// <summary>One address or a list; they get every contact's copy.</summary>
    public IReadOnlyList<string>? Bcc { get; init; }

    public bool? SendNow { get; init; }

    /// <summary>ISO 8601, or plain words such as "tomorrow 9am" on the clock of timeZone.</summary>
    public string? ScheduledAt { get; init; }

    /// <summary>1 to 100,000; 500 when absent.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Extension: one batch in so many minutes; 0 (default) one after the other.</summary>
    public int? BatchWindowMinutes { get; init; }

    /// <summary>Extension: a template instead of html or content.</summary>
    public string? TemplateId { get; init; }

    /// <summary>Extension: at most 10 words, for filters and counts.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Extension: whose clock is meant, such as Europe/Berlin.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Extension: hours in which mail may go out.</summary>
    public SendWindowAnswer? SendWindow { get; init; }

    /// <summary>Extension: overrides the domain's setting.</summary>
    public bool? TrackOpens { get; init; }

    /// <summary>Extension: overrides the domain's setting.</summary>
    public bool? TrackClicks { get; init; }
}

internal sealed record CampaignScheduleDocument
{
    /// <summary>ISO 8601 or plain words; absent means now.</summary>
    public string? ScheduledAt { get; init; }

    public int? BatchSize { get; init; }

    /// <summary>Extension: whose clock plain words mean.</summary>
    public string? TimeZone { get; init; }
}

internal sealed record CampaignTestDocument
{
    /// <summary>One address or a list of at most 10.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>Whose copy: id or address of a contact; the first of the book when absent.</summary>
    public string? Contact { get; init; }
}
