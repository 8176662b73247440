using System.Globalization;

namespace Relay.Delivery;

/// <summary>So many octets of content in any period of the given length.</summary>
public sealed record ByteRate(long Bytes, TimeSpan Period)
{
    public override string ToString()
    {
        var unit = Period.TotalSeconds switch { 1 => "s", 60 => "m", 3600 => "h", 86400 => "d", var other => string.Create(CultureInfo.InvariantCulture, $"{other}s") };
        return string.Create(CultureInfo.InvariantCulture, $"{Bytes} octets/{unit}");
    }
}
