using Relay.Platform.Campaigns;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class PlainTimeTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    // A Tuesday, 13:00 in Berlin.
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("now", "2026-12-01 12:00")]
    [InlineData("2027-01-31T12:00:00+02:00", "2027-01-31 10:00")]
    [InlineData("tomorrow 9am", "2026-12-02 08:00")]
    [InlineData("Tomorrow at 9:30 PM", "2026-12-02 20:30")]
    [InlineData("tomorrow", "2026-12-02 08:00")]
    [InlineData("today 17:15", "2026-12-01 16:15")]
    [InlineData("tonight", "2026-12-01 19:00")]
    [InlineData("next monday 10:30", "2026-12-07 09:30")]
    [InlineData("monday, 10:30", "2026-12-07 09:30")]
    [InlineData("tuesday 9am", "2026-12-08 08:00")]
    [InlineData("tuesday 6pm", "2026-12-01 17:00")]
    [InlineData("next tuesday 6pm", "2026-12-08 17:00")]
    [InlineData("on fri at noon", "2026-12-04 11:00")]
    [InlineData("9am", "2026-12-02 08:00")]
    [InlineData("at 6 p.m.", "2026-12-01 17:00")]
    [InlineData("12am", "2026-12-01 23:00")]
    [InlineData("in 2 hours", "2026-12-01 14:00")]
    [InlineData("in an hour", "2026-12-01 13:00")]
    [InlineData("in 90 minutes", "2026-12-01 13:30")]
    [InlineData("in 1 week", "2026-12-08 12:00")]
    [InlineData("in 2 months", "2027-02-01 12:00")]
    [InlineData("2026-12-24", "2026-12-24 08:00")]
    [InlineData("2026-12-24 18:00", "2026-12-24 17:00")]
    [InlineData("2027-03-28 02:30", "2027-03-28 01:00")]
    [InlineData("2027-10-31 02:30", "2027-10-31 00:30")]
    public void Reads_what_people_write(string text, string expected)
    {
        Assert.True(PlainTime.TryParse(text, Now, Berlin, out var time));
        Assert.Equal(expected, time.ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("")]
    [InlineData("whenever")]
    [InlineData("tomorrow 25:00")]
    [InlineData("tomorrow 13pm")]
    [InlineData("tomorrow 9")]
    [InlineData("in two hours")]
    [InlineData("2026-13-01")]
    [InlineData("next")]
    [InlineData("yesterday")]
    public void Refuses_what_could_mean_anything(string text) => Assert.False(PlainTime.TryParse(text, Now, Berlin, out _));
}
