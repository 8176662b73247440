using System.Globalization;

namespace Relay;

/// <summary>A share of a hundred, written <c>"10%"</c>.</summary>
internal readonly record struct Percent(int Value) : IComparable
{
    public static Percent? TryParse(string text) =>
        text.EndsWith('%') && Count.TryParse(text.AsSpan(0, text.Length - 1)) is (<= 100 and var value) ? new Percent((int)value) : null;

    public int CompareTo(object? obj) => obj is Percent other ? Value.CompareTo(other.Value) : 1;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture) + "%";
}
