using System.Text;
using System.Text.RegularExpressions;

namespace Relay.Delivery;

/// <summary>Text in the form in which phrases are compared: lower-case words with one space between, without accents, addresses and the paths of links left out.</summary>
/// <remarks>An address says nothing of the reason, and its words would: <c>spam@example.com unknown</c> is about no spam.</remarks>
internal static class BounceWords
{
    public const int MaxLength = 8192;

    private static readonly Regex Address = new(
        """<?(mailto:)?("[^"\s]{1,64}"|[^\s<>()\[\]:;,"'@]{1,64})@[\p{L}\p{N}][\p{L}\p{N}._-]{0,253}>?""", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    // The host of a link may name a list; its path is full of words that are no reason ("senderguidelines", "error-codes").
    private static readonly Regex LinkPath = new(@"(https?://[^\s/<>""]{1,253})/[^\s<>""]{0,2048}", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase);

    /// <summary>Begins and ends with a space, so that a phrase may ask for whole words.</summary>
    public static string Of(string text)
    {
        var bounded = text.Length > MaxLength ? text[..MaxLength] : text;
        var words = new StringBuilder(" ", bounded.Length + 2);
        foreach (var c in LinkPath.Replace(Address.Replace(bounded, " "), "$1 "))
        {
            if (char.IsLetterOrDigit(c))
            {
                words.Append(Plain(c));
            }
            else if (words[^1] != ' ' && !IsAccent(c))
            {
                words.Append(' ');
            }
        }

        return words[^1] == ' ' ? words.ToString() : words.Append(' ').ToString();
    }

    /// <summary>A phrase as rules write it in the same form; blanks at its ends stay and ask for whole words.</summary>
    public static string OfPhrase(string phrase)
    {
        var inner = string.Concat(phrase.Trim().Select(c => char.IsLetterOrDigit(c) ? Plain(c) : ' '));
        inner = string.Join(' ', inner.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return (phrase.StartsWith(' ') ? " " : string.Empty) + inner + (phrase.EndsWith(' ') ? " " : string.Empty);
    }

    // Replies leave accents out as often as not. Scripts behind these have none, or take them apart into other letters.
    private static char Plain(char c) => c switch
    {
        < '\u0080' => char.ToLowerInvariant(c),
        'ł' or 'Ł' => 'l',
        'ø' or 'Ø' => 'o',
        'ı' => 'i',
        < '\u0530' => char.ToLowerInvariant(c.ToString().Normalize(NormalizationForm.FormD)[0]),
        _ => char.ToLowerInvariant(c),
    };

    // An accent that stands as a character of its own behind its letter.
    private static bool IsAccent(char c) => c is >= '\u0300' and <= '\u036f';
}
