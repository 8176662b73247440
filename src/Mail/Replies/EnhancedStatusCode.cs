using System.Globalization;

namespace Relay.Mail;

/// <summary>class.subject.detail of RFC 3463 §2; class 2, 4 or 5, the others 0–999.</summary>
public readonly record struct EnhancedStatusCode(int Class, int Subject, int Detail)
{
    public static EnhancedStatusCode Parse(string text) =>
        TryParse(text, out var code) ? code : throw new FormatException($"'{text}' is not an enhanced status code");

    /// <summary>Parses exactly one code, for example <c>5.7.1</c>; nothing before or after it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out EnhancedStatusCode code)
    {
        code = default;
        Span<Range> parts = stackalloc Range[4];
        if (text.Split(parts, '.') != 3
            || text[parts[0]] is not [var first and ('2' or '4' or '5')]
            || !TryParseNumber(text[parts[1]], out var subject)
            || !TryParseNumber(text[parts[2]], out var detail))
        {
            return false;
        }

        code = new EnhancedStatusCode(first - '0', subject, detail);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class}.{Subject}.{Detail}");

    private static bool TryParseNumber(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        return text.Length is >= 1 and <= 3 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
