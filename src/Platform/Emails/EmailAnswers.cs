using System.Text.Json.Serialization;
using Relay.Queue;

namespace Relay.Platform.Emails;

internal sealed record EmailIdAnswer(string EmailId);

internal sealed record EmailBatchAnswer(IReadOnlyList<EmailIdAnswer> Data);

/// <summary>One e-mail with its history.</summary>
internal sealed record EmailAnswer
{
    public required string Id { get; init; }

    public required long TeamId { get; init; }

    public required AddressField To { get; init; }

    public required AddressField ReplyTo { get; init; }

    public required AddressField Cc { get; init; }

    public required AddressField Bcc { get; init; }

    public required string From { get; init; }

    public required string Subject { get; init; }

    public string? Html { get; init; }

    public string? Text { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public required string LatestStatus { get; init; }

    public DateTimeOffset? ScheduledAt { get; init; }

    public long? DomainId { get; init; }

    public required string MessageId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TemplateId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? InReplyToId { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    public required string Stream { get; init; }

    /// <summary>Oldest first; absent in lists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EmailEventAnswer>? EmailEvents { get; init; }

    public static EmailAnswer Of(Email email) => new()
    {
        Id = email.Id.ToString(),
        TeamId = email.AccountId,
        To = email.To,
        ReplyTo = email.ReplyTo ?? AddressField.None,
        Cc = email.Cc ?? AddressField.None,
        Bcc = email.Bcc ?? AddressField.None,
        From = email.From,
        Subject = email.Subject,
        Html = email.Html,
        Text = email.Text,
        CreatedAt = email.CreatedAt,
        UpdatedAt = email.UpdatedAt,
        LatestStatus = email.LatestStatus.Name(),
        ScheduledAt = email.ScheduledAt,
        DomainId = email.DomainId,
        MessageId = email.MessageIdField,
        TemplateId = email.TemplateId,
        InReplyToId = email.InReplyTo?.ToString(),
        Tags = email.Tags,
        Stream = email.Stream == MailStream.Broadcast ? "broadcast" : "transactional",
    };

    /// <summary>The same without long bodies.</summary>
    public static EmailAnswer Listed(Email email) => Of(email with { Html = Short(email.Html), Text = Short(email.Text) });

    private static string? Short(string? body) => body?.Length > EmailLimits.MaxListedBodyLength ? null : body;
}

internal sealed record EmailListAnswer(IReadOnlyList<EmailAnswer> Data, long Count);

/// <summary>One thing that happened, under the status clients know it by.</summary>
internal sealed record EmailEventAnswer(string EmailId, string Status, DateTimeOffset CreatedAt, EmailEventData? Data)
{
    /// <summary>The history, oldest first. Its beginning is made from the e-mail itself, so that it is there before any event is.</summary>
    public static IReadOnlyList<EmailEventAnswer> History(Email email, IEnumerable<DeliveryEvent> events)
    {
        var id = email.Id.ToString();
        var first = email.WasScheduled ? EmailStatus.Scheduled : EmailStatus.Queued;
        return
        [
            new EmailEventAnswer(id, first.Name(), email.CreatedAt, null),
            .. events
                .Where(happened => happened.Kind != DeliveryEventKind.Accepted)
                .OrderBy(happened => happened.Sequence)
                .SelectMany(happened => EmailStatuses.Of(happened).Select(status => Of(id, status, happened))),
        ];
    }

    private static EmailEventAnswer Of(string id, EmailStatus status, DeliveryEvent happened) =>
        new(id, status.Name(), happened.At, EmailEventData.Of(happened));
}

/// <summary>Whom an event concerns, and what is known of it; members without meaning for it are absent.</summary>
internal sealed record EmailEventData
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Recipient { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Attempt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Code { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EnhancedCode { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Response { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Class { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Step { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? MxHost { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? MxAddress { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Tls { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? NextAttempt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Actor { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Url { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UserAgent { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Ip { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? IsMachine { get; init; }

    public static EmailEventData Of(DeliveryEvent happened) => new()
    {
        Recipient = happened.Recipient,
        Attempt = happened.Attempt,
        Code = happened.ReplyCode,
        EnhancedCode = happened.EnhancedCode,
        Response = happened.Text,
        Class = happened.Class,
        Step = happened.StepWord(),
        MxHost = happened.RemoteHost,
        MxAddress = happened.RemoteAddress,
        Tls = happened.Tls,
        NextAttempt = happened.NextAttempt,
        Actor = happened.Actor,
        Url = happened.Url,
        UserAgent = happened.UserAgent,
        Ip = happened.ClientAddress,
        IsMachine = happened.IsMachine,
    };
}
