namespace Relay.Platform.Campaigns;

/// <summary>Times on the clock of a place.</summary>
internal static class LocalTime
{
    /// <summary>The instant at which the clock of the zone shows this time: where it is skipped, the moment after the gap; where it comes twice, the first.</summary>
    public static DateTimeOffset At(DateOnly date, TimeOnly time, TimeZoneInfo zone)
    {
        var local = date.ToDateTime(time, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(15);
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
