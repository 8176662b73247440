using System.Globalization;

namespace Relay.Toml;

/// <summary>Integers and floats; underscores only between digits, no leading zeros but in prefixed integers and exponents.</summary>
internal static class TomlNumberParser
{
    /// <summary>Null when the token is no number.</summary>
    /// <exception cref="TomlException">The number does not fit 64 bits.</exception>
    public static TomlValue? Parse(ReadOnlySpan<char> token, TomlPosition position)
    {
        var isNegative = token[0] == '-';
        var digits = token[0] is '+' or '-' ? token[1..] : token;
        if (IsDecimalInteger(digits))
        {
            return new TomlInteger(ToInteger(digits, 10, isNegative, position), position);
        }

        var radix = PrefixedRadix(token);
        if (radix != 0)
        {
            return IsDigits(token[2..], radix) ? new TomlInteger(ToInteger(token[2..], radix, false, position), position) : null;
        }

        return digits switch
        {
            "inf" => new TomlFloat(isNegative ? double.NegativeInfinity : double.PositiveInfinity, position),
            "nan" => new TomlFloat(double.NaN, position),
            _ => IsFloat(digits) ? new TomlFloat(ToFloat(token, position), position) : null,
        };
    }

    private static int PrefixedRadix(ReadOnlySpan<char> token)
    {
        if (token.Length < 2 || token[0] != '0')
        {
            return 0;
        }

        return token[1] switch
        {
            'x' => 16,
            'o' => 8,
            'b' => 2,
            _ => 0,
        };
    }

    private static bool IsDecimalInteger(ReadOnlySpan<char> text) => IsDigits(text, 10) && (text[0] != '0' || text.Length == 1);

    private static bool IsFloat(ReadOnlySpan<char> text)
    {
        var exponentAt = text.IndexOfAny('e', 'E');
        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var pointAt = mantissa.IndexOf('.');
        if (exponentAt < 0 && pointAt < 0)
        {
            return false;
        }

        var whole = pointAt < 0 ? mantissa : mantissa[..pointAt];
        return IsDecimalInteger(whole)
            && (pointAt < 0 || IsDigits(mantissa[(pointAt + 1)..], 10))
            && (exponentAt < 0 || IsExponent(text[(exponentAt + 1)..]));
    }

    private static bool IsExponent(ReadOnlySpan<char> text) => IsDigits(text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text, 10);

    /// <summary>At least one digit, and single underscores only between digits.</summary>
    private static bool IsDigits(ReadOnlySpan<char> text, int radix)
    {
        var previousIsDigit = false;
        foreach (var c in text)
        {
            var isDigit = DigitOf(c) < radix;
            if (!isDigit && (c != '_' || !previousIsDigit))
            {
                return false;
            }

            previousIsDigit = isDigit;
        }

        return previousIsDigit;
    }

    private static int DigitOf(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'a' and <= 'f' => c - 'a' + 10,
        >= 'A' and <= 'F' => c - 'A' + 10,
        _ => int.MaxValue,
    };

    private static long ToInteger(ReadOnlySpan<char> digits, int radix, bool isNegative, TomlPosition position)
    {
        Int128 value = 0;
        foreach (var c in digits)
        {
            if (c == '_')
            {
                continue;
            }

            value = (value * radix) + (isNegative ? -DigitOf(c) : DigitOf(c));
            if (value < long.MinValue || value > long.MaxValue)
            {
                throw new TomlException($"this integer does not fit 64 bits; allowed are {long.MinValue} to {long.MaxValue}", position);
            }
        }

        return (long)value;
    }

    private static double ToFloat(ReadOnlySpan<char> token, TomlPosition position)
    {
        var value = double.Parse(token.ToString().Replace("_", string.Empty, StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(value) ? value : throw new TomlException("this float is too large for 64 bits; infinity is written inf", position);
    }
}
