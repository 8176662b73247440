using Relay.Senders;

namespace Relay.Admin;

/// <summary>Of an account, key, login or domain: null is as configured or without limit, 0 without limit.</summary>
internal sealed record LimitsRequest(
    int? RequestsPerSecond, int? EmailsPerHour, int? EmailsPerDay, int? EmailsPerSecond, int? RecipientsPerSecond, int? RecipientsPerHour, int? RecipientsPerDay)
{
    public SendLimits ToLimits() => new()
    {
        RequestsPerSecond = RequestsPerSecond,
        EmailsPerSecond = EmailsPerSecond,
        EmailsPerHour = EmailsPerHour,
        EmailsPerDay = EmailsPerDay,
        RecipientsPerSecond = RecipientsPerSecond,
        RecipientsPerHour = RecipientsPerHour,
        RecipientsPerDay = RecipientsPerDay,
    };

    public static LimitsRequest Of(SendLimits limits) => new(
        limits.RequestsPerSecond,
        limits.EmailsPerHour,
        limits.EmailsPerDay,
        limits.EmailsPerSecond,
        limits.RecipientsPerSecond,
        limits.RecipientsPerHour,
        limits.RecipientsPerDay);
}
