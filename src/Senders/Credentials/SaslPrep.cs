using System.Globalization;
using System.Text;

namespace Relay.Senders;

/// <summary>Prepares passwords for comparison, so that the same keys typed elsewhere give the same octets (RFC 4013).</summary>
/// <remarks>
/// Mapping (§2.1), NFKC (§2.2) and prohibited output (§2.3) are done, with the tables of the running Unicode version instead
/// of Unicode 3.2. Characters that are unassigned in it are refused for storing and for checking alike (§2.5 lets queries
/// hold them; they could only ever match nothing). The bidirectional check (§2.4) is left out: it refuses odd passwords, it
/// does not change what equals what.
/// </remarks>
internal static class SaslPrep
{
    /// <summary>False when the text is empty, no valid Unicode, or holds a prohibited character.</summary>
    public static bool TryPrepare(string text, out string prepared)
    {
        prepared = string.Empty;
        if (Ascii.IsValid(text))
        {
            prepared = text;
            return text.Length > 0 && !text.Any(char.IsControl);
        }

        var mapped = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsMappedToNothing(text[i]))
            {
                mapped.Append(char.GetUnicodeCategory(text[i]) == UnicodeCategory.SpaceSeparator ? ' ' : text[i]);
            }
        }

        try
        {
            prepared = mapped.ToString().Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            return false;
        }

        return prepared.Length > 0 && prepared.EnumerateRunes().All(IsAllowed);
    }

    // RFC 3454 table B.1.
    private static bool IsMappedToNothing(char c) =>
        c is '\u00ad' or '\u034f' or '\u1806' or '\u2060' or '\ufeff'
            or (>= '\u180b' and <= '\u180d') or (>= '\u200b' and <= '\u200d') or (>= '\ufe00' and <= '\ufe0f');

    // RFC 4013 §2.3 by way of RFC 3454 tables C.1.2 to C.9. EnumerateRunes shows a lone surrogate as U+FFFD, which is prohibited.
    private static bool IsAllowed(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse
            or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator)
        && rune.Value is not ((>= 0xfff9 and <= 0xfffd) or (>= 0x2ff0 and <= 0x2ffb) or 0x0340 or 0x0341)
        && (rune.Value == ' ' || Rune.GetUnicodeCategory(rune) != UnicodeCategory.SpaceSeparator);
}
