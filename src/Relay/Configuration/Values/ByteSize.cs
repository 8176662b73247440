using System.Globalization;

namespace Relay;

/// <summary>A size in octets, written <c>"25MiB"</c>: B, KiB, MiB, GiB, TiB with powers of 1024.</summary>
internal readonly record struct ByteSize(long Bytes) : IComparable
{
    private static readonly (string Unit, long Factor)[] Units = [("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("B", 1)];

    public static ByteSize FromKiB(int count) => new(count * 1024L);

    public static ByteSize FromMiB(int count) => new(count * 1024L * 1024L);

    /// <summary>Null when the text is no size.</summary>
    public static ByteSize? TryParse(string text)
    {
        if (text == "0")
        {
            return new ByteSize(0);
        }

        foreach (var (unit, factor) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                return Count.TryParse(text.AsSpan(0, text.Length - unit.Length)) is { } count && count <= long.MaxValue / factor
                    ? new ByteSize(count * factor)
                    : null;
            }
        }

        return null;
    }

    public int CompareTo(object? obj) => obj is ByteSize other ? Bytes.CompareTo(other.Bytes) : 1;

    public override string ToString()
    {
        var bytes = Bytes;
        var (unit, factor) = Units.First(u => bytes % u.Factor == 0);
        return bytes == 0 ? "0" : (bytes / factor).ToString(CultureInfo.InvariantCulture) + unit;
    }
}
