using Relay.Mail;

namespace Relay.Platform.Quotas;

/// <summary>A quota that is used up, as SMTP says it: with when to come back.</summary>
public static class QuotaReplies
{
    public static SmtpReply Of(ApiFault fault) => SmtpReply.Of(450, "4.7.1", $"{fault.Message}; try again in {Wait(fault.RetryAfter)}");

    private static string Wait(TimeSpan? wait) => wait switch
    {
        { } time when time > TimeSpan.FromMinutes(1) => $"{Math.Ceiling(time.TotalMinutes):0} minutes",
        { } time when time <= TimeSpan.FromSeconds(1) => "a second",
        { } time when time < TimeSpan.FromSeconds(30) => $"{Math.Ceiling(time.TotalSeconds):0} seconds",
        _ => "a minute",
    };
}
