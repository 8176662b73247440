using System.Globalization;

namespace Relay.Platform.Quotas;

/// <summary>Whether a subject may send more now, and if not, when.</summary>
/// <remarks>
/// By the hour and the day nothing goes over the limit, and what is more than a whole one is refused for good. By the second, what goes at once may be more than a second's worth (a message with
/// many recipients could never go else); the next then waits until the rate has made up for it.
/// </remarks>
internal static class QuotaRules
{
    public static ApiFault? Refusal(QuotaLimits limits, QuotaCounter counter, QuotaAmount amount, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds();
        var hourLeft = QuotaCounter.HourSeconds - (seconds % QuotaCounter.HourSeconds);
        var dayLeft = QuotaCounter.DaySeconds - (seconds % QuotaCounter.DaySeconds);
        counter.EmailDebt = counter.EmailDebt.Leaked(limits.EmailsPerSecond, now);
        counter.RecipientDebt = counter.RecipientDebt.Leaked(limits.RecipientsPerSecond, now);
        return Never(limits, amount)
            ?? Rate(limits.Name, "e-mails", limits.EmailsPerSecond, counter.EmailDebt)
            ?? Rate(limits.Name, "recipients", limits.RecipientsPerSecond, counter.RecipientDebt)
            ?? Count(new(limits.Name, "e-mails", "hour", QuotaCounter.HourSeconds, limits.EmailsPerHour), counter.HourEmails, amount.Emails, hourLeft)
            ?? Count(new(limits.Name, "e-mails", "day", QuotaCounter.DaySeconds, limits.EmailsPerDay), counter.DayEmails, amount.Emails, dayLeft)
            ?? Count(new(limits.Name, "recipients", "hour", QuotaCounter.HourSeconds, limits.RecipientsPerHour), counter.HourRecipients, amount.Recipients, hourLeft)
            ?? Count(new(limits.Name, "recipients", "day", QuotaCounter.DaySeconds, limits.RecipientsPerDay), counter.DayRecipients, amount.Recipients, dayLeft);
    }

    // What a whole hour or day has no room for goes at no time: to try again would help nobody.
    private static ApiFault? Never(QuotaLimits limits, QuotaAmount amount) =>
        Never(limits.Name, "recipients", "hour", limits.RecipientsPerHour, amount.Recipients)
        ?? Never(limits.Name, "recipients", "day", limits.RecipientsPerDay, amount.Recipients)
        ?? Never(limits.Name, "e-mails", "hour", limits.EmailsPerHour, amount.Emails)
        ?? Never(limits.Name, "e-mails", "day", limits.EmailsPerDay, amount.Emails);

    private static ApiFault? Never(string name, string what, string period, int limit, int more) => limit > 0 && more > limit
        ? ApiFault.Unprocessable(string.Create(CultureInfo.InvariantCulture, $"{more} {what} at once can never go: the {name} may send {limit} {(limit == 1 ? what[..^1] : what)} per {period}; send fewer at once"))
        : null;

    private static ApiFault? Count(Window window, long used, int more, long secondsLeft) =>
        window.Limit > 0 && used + more > window.Limit ? Fault(window, window.Limit - used, secondsLeft) : null;

    private static ApiFault? Rate(string name, string what, int limit, QuotaDebt debt) => limit > 0 && debt.Amount > limit - 1
        ? Fault(new(name, what, "second", 1, limit), 0, (long)Math.Ceiling((debt.Amount - (limit - 1)) / limit))
        : null;

    private static ApiFault Fault(Window window, long left, long seconds)
    {
        left = Math.Max(0, left);
        var message = string.Create(CultureInfo.InvariantCulture, $"the {window.Name} may send {window.Limit} {(window.Limit == 1 ? window.What[..^1] : window.What)} per {window.Period}; {left} {(left == 1 ? "is" : "are")} left");
        return ApiFault.RateLimited(message, TimeSpan.FromSeconds(seconds)) with
        {
            Headers = new Dictionary<string, string>
            {
                ["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"{window.Key}\";q={window.Limit};w={window.Seconds}"),
                ["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"{window.Key}\";r={left};t={seconds}"),
                ["X-RateLimit-Limit"] = window.Limit.ToString(CultureInfo.InvariantCulture),
                ["X-RateLimit-Remaining"] = left.ToString(CultureInfo.InvariantCulture),
                ["X-RateLimit-Reset"] = seconds.ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    private readonly record struct Window(string Name, string What, string Period, long Seconds, int Limit)
    {
        public string Key => $"{Name}-{What.Replace("e-mails", "emails", StringComparison.Ordinal)}";
    }
}
