using System.Globalization;

namespace Relay;

/// <summary>The number in front of a unit: digits only, at most ten of them.</summary>
internal static class Count
{
    private const int MaxDigits = 10;

    public static long? TryParse(ReadOnlySpan<char> digits) =>
        digits.Length is > 0 and <= MaxDigits && !digits.ContainsAnyExceptInRange('0', '9')
            ? long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture)
            : null;
}
