using System.Globalization;

namespace Relay.Platform.Campaigns;

/// <summary>Hours of the day in which mail of a campaign may go out.</summary>
/// <param name="From">First minute.</param>
/// <param name="To">The minute after the last; not after midnight.</param>
/// <param name="Days">Sunday is 0; empty means all.</param>
/// <param name="ByRecipient">By the contact's own time zone where its properties name one.</param>
public sealed record SendWindow(TimeOnly From, TimeOnly To, IReadOnlyList<DayOfWeek> Days, bool ByRecipient)
{
    /// <summary>Properties of a contact that may name its time zone, in this order.</summary>
    private static readonly string[] ZoneProperties = ["timezone", "timeZone", "time_zone", "tz"];

    /// <summary>The earliest instant from <paramref name="now"/> on that lies in the window.</summary>
    public DateTimeOffset Next(DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone);
        for (var day = 0; day <= 7; day++)
        {
            var date = DateOnly.FromDateTime(local.Date).AddDays(day);
            if (Days.Count > 0 && !Days.Contains(date.DayOfWeek))
            {
                continue;
            }

            var opens = LocalTime.At(date, From, zone);
            var closes = LocalTime.At(date, To, zone);
            if (now < closes)
            {
                return now > opens ? now : opens;
            }
        }

        return now;
    }

    /// <summary>The contact's zone, or the campaign's.</summary>
    public TimeZoneInfo ZoneOf(AudienceMember member, TimeZoneInfo fallback)
    {
        if (!ByRecipient)
        {
            return fallback;
        }

        foreach (var property in ZoneProperties)
        {
            if (member.Properties.TryGetValue(property, out var id) && TimeZoneInfo.TryFindSystemTimeZoneById(id.Trim(), out var zone))
            {
                return zone;
            }
        }

        return fallback;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From:HH\\:mm}-{To:HH\\:mm}");
}
