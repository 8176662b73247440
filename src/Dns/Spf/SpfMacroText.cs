using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Relay.Dns;

/// <summary>A text with macros (RFC 7208 §7), read once and expanded for each question.</summary>
internal sealed class SpfMacroText
{
    private const string Letters = "slodiphv";
    private const string ExplanationLetters = "crt";
    private const string Delimiters = ".-+,/_=";

    private readonly List<Piece> _pieces = [];

    private SpfMacroText()
    {
    }

    /// <summary>The macro <c>%{p}</c> is in it, which needs look-ups of its own.</summary>
    public bool NeedsName => _pieces.Exists(piece => char.ToLowerInvariant(piece.Letter) == 'p');

    /// <summary>Ends with a macro, so that its last label is not known before.</summary>
    public bool EndsWithMacro => _pieces.Count > 0 && _pieces[^1].Letter != default;

    /// <summary>What stands behind the last macro.</summary>
    public string Tail => _pieces.Count > 0 && _pieces[^1].Letter == default ? _pieces[^1].Text : string.Empty;

    /// <param name="isExplanation">Spaces and the letters c, r and t are allowed.</param>
    public static bool TryParse(string text, bool isExplanation, [NotNullWhen(true)] out SpfMacroText? parsed)
    {
        parsed = null;
        var result = new SpfMacroText();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                if (text[i] is not (> ' ' and <= '~') && !(isExplanation && text[i] == ' '))
                {
                    return false;
                }

                literal.Append(text[i]);
                continue;
            }

            switch (++i < text.Length ? text[i] : default)
            {
                case '%':
                    literal.Append('%');
                    break;
                case '_':
                    literal.Append(' ');
                    break;
                case '-':
                    literal.Append("%20");
                    break;
                case '{' when text.IndexOf('}', i) is var end && end > 0 && Piece.TryParse(text[(i + 1)..end], isExplanation, out var piece):
                    result.Flush(literal);
                    result._pieces.Add(piece);
                    i = end;
                    break;
                default:
                    return false;
            }
        }

        result.Flush(literal);
        parsed = result;
        return true;
    }

    public string Expand(SpfMacroValues values)
    {
        var expanded = new StringBuilder();
        foreach (var piece in _pieces)
        {
            expanded.Append(piece.Letter == default ? piece.Text : piece.Expand(values));
        }

        return expanded.ToString();
    }

    private void Flush(StringBuilder literal)
    {
        if (literal.Length > 0)
        {
            _pieces.Add(new Piece { Text = literal.ToString() });
            literal.Clear();
        }
    }

    private sealed class Piece
    {
        public string Text { get; init; } = string.Empty;

        /// <summary>Default for plain text.</summary>
        public char Letter { get; private init; }

        private int Count { get; init; }

        private bool IsReversed { get; init; }

        private string Separators { get; init; } = ".";

        // macro-letter, digits, "r", delimiters
        public static bool TryParse(string inner, bool isExplanation, [NotNullWhen(true)] out Piece? piece)
        {
            piece = null;
            if (inner.Length == 0 || !IsLetter(char.ToLowerInvariant(inner[0]), isExplanation))
            {
                return false;
            }

            var digits = inner.Skip(1).TakeWhile(char.IsAsciiDigit).Count();
            var rest = inner[(1 + digits)..];
            var isReversed = rest.StartsWith('r') || rest.StartsWith('R');
            var separators = isReversed ? rest[1..] : rest;
            var count = digits == 0 ? int.MaxValue : int.TryParse(inner.AsSpan(1, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
            if (count == 0 || separators.Any(c => !Delimiters.Contains(c, StringComparison.Ordinal)))
            {
                return false;
            }

            piece = new Piece { Letter = inner[0], Count = count, IsReversed = isReversed, Separators = separators.Length == 0 ? "." : separators };
            return true;
        }

        public string Expand(SpfMacroValues values)
        {
            var parts = values.Of(char.ToLowerInvariant(Letter)).Split(Separators.ToCharArray());
            if (IsReversed)
            {
                Array.Reverse(parts);
            }

            var text = string.Join('.', parts.Skip(Math.Max(0, parts.Length - Count)));
            return char.IsAsciiLetterUpper(Letter) ? Uri.EscapeDataString(text) : text;
        }

        private static bool IsLetter(char letter, bool isExplanation) =>
            Letters.Contains(letter, StringComparison.Ordinal) || (isExplanation && ExplanationLetters.Contains(letter, StringComparison.Ordinal));
    }
}
