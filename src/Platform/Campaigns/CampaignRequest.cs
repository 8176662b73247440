using Relay.Mail;

namespace Relay.Platform.Campaigns;

/// <summary>What a request says of a campaign; null means it does not say.</summary>
internal sealed class CampaignRequest
{
    public string? Name { get; set; }

    public string? From { get; set; }

    public NamedMailbox? Sender { get; set; }

    public string? Subject { get; set; }

    public string? PreviewText { get; set; }

    public string? BookId { get; set; }

    public string? Html { get; set; }

    public string? Content { get; set; }

    public string? TemplateId { get; set; }

    public IReadOnlyList<string>? ReplyTo { get; set; }

    public IReadOnlyList<string>? Cc { get; set; }

    public IReadOnlyList<string>? Bcc { get; set; }

    public IReadOnlyList<string>? Tags { get; set; }

    public bool? TrackOpens { get; set; }

    public bool? TrackClicks { get; set; }

    public bool? SendNow { get; set; }

    /// <summary>ISO 8601 or plain words; read once the time zone is known.</summary>
    public string? ScheduledAt { get; set; }

    public string? TimeZone { get; set; }

    public SendWindow? Window { get; set; }

    public int? BatchSize { get; set; }

    public int? BatchWindowMinutes { get; set; }

    /// <summary>The campaign with what is said here.</summary>
    public Campaign ApplyTo(Campaign campaign, DateTimeOffset now) => campaign with
    {
        Name = Name ?? campaign.Name,
        From = From ?? campaign.From,
        Subject = Subject ?? campaign.Subject,
        PreviewText = PreviewText is null ? campaign.PreviewText : PreviewText.Length == 0 ? null : PreviewText,
        BookUid = BookId is not null && Guid.TryParse(BookId, out var book) ? book : campaign.BookUid,
        Html = Html ?? (Content is null && TemplateId is null ? campaign.Html : null),
        Content = Content ?? (Html is null && TemplateId is null ? campaign.Content : null),
        TemplateId = TemplateId ?? (Html is null && Content is null ? campaign.TemplateId : null),
        ReplyTo = ReplyTo ?? campaign.ReplyTo,
        Cc = Cc ?? campaign.Cc,
        Bcc = Bcc ?? campaign.Bcc,
        Tags = Tags ?? campaign.Tags,
        TrackOpens = TrackOpens ?? campaign.TrackOpens,
        TrackClicks = TrackClicks ?? campaign.TrackClicks,
        TimeZone = TimeZone ?? campaign.TimeZone,
        Window = Window ?? campaign.Window,
        BatchSize = BatchSize ?? campaign.BatchSize,
        BatchWindowMinutes = BatchWindowMinutes ?? campaign.BatchWindowMinutes,
        UpdatedAt = now,
    };
}
