using System.Globalization;

namespace Relay.Toml;

/// <summary>Dates and times as TOML writes them, with as many fractional digits as they have.</summary>
internal static class TomlDateTimeText
{
    public static string Format(TomlOffsetDateTime value)
    {
        var offset = value.Offset;
        var suffix = offset == TimeSpan.Zero ? "Z" : (offset < TimeSpan.Zero ? "-" : "+") + offset.ToString(@"hh\:mm", CultureInfo.InvariantCulture);
        return Format(value.Local) + suffix;
    }

    public static string Format(DateTime value) => value.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture);

    public static string Format(TimeOnly value) => value.ToString("HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture);
}
