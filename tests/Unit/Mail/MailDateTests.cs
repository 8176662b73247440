using System.Text;
using System.Text.Json;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class MailDateTests
{
    public static TheoryData<string, string?> FieldCases()
    {
        var cases = new TheoryData<string, string?>();
        using var file = JsonDocument.Parse(File.ReadAllText(TestData.Path("messages-mail-parser", "fields", "date.json")));
        foreach (var test in file.RootElement.EnumerateArray())
        {
            var expected = test.GetProperty("expected");
            cases.Add(test.GetProperty("header").GetString()!, expected.ValueKind == JsonValueKind.Null ? null : Expected(expected));
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(FieldCases))]
    public void Reads_the_dates_the_field_sends(string field, string? expected)
    {
        var value = HeaderBlock.Parse(Encoding.UTF8.GetBytes("Date: " + field)).Value("Date")!;

        // The date of a Received field stands behind its last semicolon.
        var parsed = MailDate.TryParse(value[(value.LastIndexOf(';') + 1)..], out var date);

        Assert.Equal(expected, parsed ? date.ToString("yyyy-MM-dd HH:mm:ss zzz", System.Globalization.CultureInfo.InvariantCulture) : null);
    }

    [Theory]
    [InlineData(2003, 7, 1, 120, "Tue, 1 Jul 2003 10:52:37 +0200")]
    [InlineData(1969, 2, 13, -210, "Thu, 13 Feb 1969 10:52:37 -0330")]
    [InlineData(2026, 11, 21, 0, "Sat, 21 Nov 2026 10:52:37 +0000")]
    public void Writes_dates(int year, int month, int day, int offsetMinutes, string text)
    {
        var date = new DateTimeOffset(year, month, day, 10, 52, 37, TimeSpan.FromMinutes(offsetMinutes));

        Assert.Equal(text, MailDate.Format(date));
        Assert.True(MailDate.TryParse(text, out var parsed));
        Assert.Equal(date, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("31 Feb 2020 10:00:00 +0000")]
    [InlineData("1 Jan 2020 25:00:00 +0000")]
    [InlineData("1 Jan 99999 10:00:00 +0000")]
    [InlineData("1 Jan 0001 00:00:00 +1400")]
    public void Refuses_what_is_no_date(string text)
    {
        Assert.False(MailDate.TryParse(text, out _));
    }

    private static string Expected(JsonElement date)
    {
        int Number(string name) => date.GetProperty(name).GetInt32();
        var sign = date.GetProperty("tz_before_gmt").GetBoolean() ? '-' : '+';
        return $"{Number("year"):d4}-{Number("month"):d2}-{Number("day"):d2} {Number("hour"):d2}:{Number("minute"):d2}:{Number("second"):d2} "
            + $"{sign}{Number("tz_hour"):d2}:{Number("tz_minute"):d2}";
    }
}
