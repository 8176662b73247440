using System.Diagnostics.CodeAnalysis;

namespace Relay.Toml;

// The scalar types of TOML 1.0, one small class each; together they are one idea, so they share this file.

public sealed class TomlString(string value, TomlPosition position) : TomlValue(position)
{
    /// <summary>Unescaped; newlines of multi-line strings as they stand in the document (LF or CRLF).</summary>
    public string Value { get; } = value;

    public override string Kind => "a string";
}

public sealed class TomlInteger(long value, TomlPosition position) : TomlValue(position)
{
    public long Value { get; } = value;

    public override string Kind => "an integer";
}

public sealed class TomlFloat(double value, TomlPosition position) : TomlValue(position)
{
    public double Value { get; } = value;

    public override string Kind => "a float";
}

public sealed class TomlBoolean(bool value, TomlPosition position) : TomlValue(position)
{
    public bool Value { get; } = value;

    public override string Kind => "a boolean";
}

/// <summary>An instant written with its offset.</summary>
/// <remarks>Local time and offset are kept apart, because TOML allows offsets to ±23:59 and instants that <see cref="DateTimeOffset"/> does not.</remarks>
public sealed class TomlOffsetDateTime(DateTime local, TimeSpan offset, TomlPosition position) : TomlValue(position)
{
    /// <summary>The clock at the offset; fractions beyond 100 ns are cut, not rounded.</summary>
    public DateTime Local { get; } = local;

    /// <summary>Whole minutes from -23:59 to 23:59.</summary>
    public TimeSpan Offset { get; } = offset;

    public override string Kind => "an offset date-time";

    /// <summary>False when the offset exceeds 14 hours or the instant leaves the years 1 to 9999.</summary>
    public bool TryGetInstant([NotNullWhen(true)] out DateTimeOffset? instant)
    {
        var utcTicks = Local.Ticks - Offset.Ticks;
        var fits = Offset.Duration() <= TimeSpan.FromHours(14) && utcTicks >= 0 && utcTicks <= DateTime.MaxValue.Ticks;
        instant = fits ? new DateTimeOffset(Local, Offset) : null;
        return fits;
    }
}

public sealed class TomlLocalDateTime(DateTime value, TomlPosition position) : TomlValue(position)
{
    /// <summary>Of unspecified kind.</summary>
    public DateTime Value { get; } = value;

    public override string Kind => "a local date-time";
}

public sealed class TomlLocalDate(DateOnly value, TomlPosition position) : TomlValue(position)
{
    public DateOnly Value { get; } = value;

    public override string Kind => "a local date";
}

public sealed class TomlLocalTime(TimeOnly value, TomlPosition position) : TomlValue(position)
{
    public TimeOnly Value { get; } = value;

    public override string Kind => "a local time";
}
