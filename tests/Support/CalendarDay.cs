namespace Relay.Tests.Support;

/// <summary>For tests of what is counted by the day with the machine's own clock.</summary>
public static class CalendarDay
{
    /// <summary>Waits for the next day (UTC) where this one has less left than a test takes; at any other time returns at once.</summary>
    public static async Task WithRoomAsync(TimeSpan room)
    {
        var left = TimeSpan.FromDays(1) - TimeProvider.System.GetUtcNow().TimeOfDay;
        if (left < room)
        {
            await Task.Delay(left + TimeSpan.FromSeconds(1), TimeProvider.System);
        }
    }
}
