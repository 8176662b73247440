namespace Relay.Platform.Emails;

/// <summary>One e-mail to send, as the API's description shows it. What is read is decided by <see cref="EmailRequestReader"/>; a test compares both.</summary>
internal sealed record EmailDocument
{
    /// <summary>One address or a list; with or without display name. At most 50 recipients together with cc and bcc.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>Address with or without display name; its domain is one you have verified.</summary>
    public required string From { get; init; }

    /// <summary>Optional when templateId is given. At most 998 characters.</summary>
    public string? Subject { get; init; }

    /// <summary>Template to render; what the request says itself goes before it.</summary>
    public string? TemplateId { get; init; }

    /// <summary>Values for the template, all texts.</summary>
    public IReadOnlyDictionary<string, string>? Variables { get; init; }

    /// <summary>One address or a list, where answers go.</summary>
    public IReadOnlyList<string>? ReplyTo { get; init; }

    /// <summary>One address or a list.</summary>
    public IReadOnlyList<string>? Cc { get; init; }

    /// <summary>One address or a list; nobody else learns of them.</summary>
    public IReadOnlyList<string>? Bcc { get; init; }

    /// <summary>Plain text; made from html when absent.</summary>
    public string? Text { get; init; }

    public string? Html { get; init; }

    /// <summary>Further header fields by name; those that the server writes itself are refused.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>At most 10.</summary>
    public IReadOnlyList<AttachmentDocument>? Attachments { get; init; }

    /// <summary>Not before this instant (ISO 8601 with offset), at most a year ahead; past or absent means at once.</summary>
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>Extension: given up at this instant (ISO 8601 with offset), at most 30 days after it is accepted or scheduled for. Default: as the server's retry settings say.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Extension: given up so long after it is accepted or scheduled for, such as 90s, 15m, 4h or 2d; instead of expiresAt.</summary>
    public string? ExpiresIn { get; init; }

    /// <summary>Another e-mail of yours that this one answers: In-Reply-To and References are set.</summary>
    public string? InReplyToId { get; init; }

    /// <summary>Extension: at most 10 words of 64 characters, for filters and counts.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Extension: transactional (default) or broadcast.</summary>
    public string? Stream { get; init; }

    /// <summary>Extension: overrides the domain's setting.</summary>
    public bool? TrackOpens { get; init; }

    /// <summary>Extension: overrides the domain's setting.</summary>
    public bool? TrackClicks { get; init; }
}

internal sealed record AttachmentDocument
{
    public required string Filename { get; init; }

    /// <summary>Base64.</summary>
    public required string Content { get; init; }

    /// <summary>Extension; by file name when absent.</summary>
    public string? ContentType { get; init; }

    /// <summary>Extension: shown within the HTML by cid:.</summary>
    public string? ContentId { get; init; }
}

internal sealed record ScheduleDocument
{
    /// <summary>ISO 8601 with offset; past means at once.</summary>
    public required DateTimeOffset ScheduledAt { get; init; }
}

/// <summary>A message composed by the client. With Content-Type message/rfc822 the body is the message and the other fields stand in the query.</summary>
internal sealed record RawEmailDocument
{
    /// <summary>Base64 of the whole message, header and body; lines end in CR LF or LF.</summary>
    public required string Message { get; init; }

    /// <summary>Sender of the envelope; as From says when absent. Its domain is one you have verified, like that of From.</summary>
    public string? From { get; init; }

    /// <summary>Recipients of the envelope, one address or a list; those of To, Cc and Bcc when absent. Bcc never leaves.</summary>
    public IReadOnlyList<string>? To { get; init; }

    /// <summary>Not before this instant (ISO 8601 with offset), at most a year ahead; past or absent means at once.</summary>
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>Extension: given up at this instant (ISO 8601 with offset), at most 30 days after it is accepted or scheduled for. Default: as the server's retry settings say.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Extension: given up so long after it is accepted or scheduled for, such as 90s, 15m, 4h or 2d; instead of expiresAt.</summary>
    public string? ExpiresIn { get; init; }

    /// <summary>At most 10 words of 64 characters. In the query: tag, once or several times.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>transactional (default) or broadcast.</summary>
    public string? Stream { get; init; }

    /// <summary>Adds a pixel to the HTML; never by the domain's setting, and never where the message is signed or encrypted.</summary>
    public bool? TrackOpens { get; init; }

    /// <summary>Rewrites links of the HTML, under the same conditions.</summary>
    public bool? TrackClicks { get; init; }
}
