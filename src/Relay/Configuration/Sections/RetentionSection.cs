namespace Relay;

/// <summary><c>[retention]</c>: how long things are kept that are no longer needed for delivery.</summary>
internal sealed class RetentionSection
{
    /// <summary>Content after the last final state. Default 0: what is not kept cannot leak.</summary>
    [Setting(Min = "0", Max = "3650d")]
    public TimeSpan ContentSmtp { get; init; } = TimeSpan.Zero;

    /// <summary>Content of e-mails sent over the HTTP API, after the last final state. Default 7d: clients read their mail back by its id.</summary>
    [Setting(Min = "0", Max = "3650d")]
    public TimeSpan ContentApi { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Messages held by a capture route or the sandbox. Default 7d: long enough to look at them.</summary>
    [Setting(Min = "0", Max = "3650d")]
    public TimeSpan ContentCaptured { get; init; } = TimeSpan.FromDays(7);

    /// <summary>SMTP conversations of failed attempts. Default 7d: longer than a message lives in the queue.</summary>
    [Setting(Min = "0", Max = "3650d")]
    public TimeSpan Conversations { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Delivery events. Default 30d: a month of answers to "did it arrive".</summary>
    [Setting(Min = "1h", Max = "3650d")]
    public TimeSpan Events { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Finished webhook deliveries. Default 7d: long enough to see why one failed and to send it again.</summary>
    [Setting(Min = "1h", Max = "3650d")]
    public TimeSpan WebhookLog { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Counts by day and hour, without addresses. Default 400d: this month against the same of last year.</summary>
    [Setting(Min = "1d", Max = "3650d")]
    public TimeSpan Aggregates { get; init; } = TimeSpan.FromDays(400);
}
