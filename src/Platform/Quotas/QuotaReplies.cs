using Relay.Mail;

namespace Relay.Platform.Quotas;

/// <summary>A quota that is used up, as SMTP says it: with when to come back, or that it never goes.</summary>
public static class QuotaReplies
{
    /// <summary>Of a whole message.</summary>
    public static SmtpReply Of(ApiFault fault) => fault.RetryAfter is null
        ? SmtpReply.Of(550, "5.5.3", fault.Message)
        : SmtpReply.Of(450, "4.7.1", $"{fault.Message}; try again in {Wait(fault.RetryAfter)}");

    /// <summary>Of one recipient more: where a message can have no more, the others may go in another one (RFC 5321 §4.5.3.1.10).</summary>
    public static SmtpReply OfRecipient(ApiFault fault) => fault.RetryAfter is null ? SmtpReply.Of(452, "4.5.3", fault.Message) : Of(fault);

    private static string Wait(TimeSpan? wait) => wait switch
    {
        { } time when time > TimeSpan.FromMinutes(1) => $"{Math.Ceiling(time.TotalMinutes):0} minutes",
        { } time when time <= TimeSpan.FromSeconds(1) => "a second",
        { } time when time < TimeSpan.FromSeconds(30) => $"{Math.Ceiling(time.TotalSeconds):0} seconds",
        _ => "a minute",
    };
}
