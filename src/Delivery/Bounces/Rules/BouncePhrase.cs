namespace Relay.Delivery;

/// <summary>Words that must stand in a text in their order; <c>*</c> stands for a few others in between, or none.</summary>
internal sealed class BouncePhrase
{
    private const int MaxGap = 70;

    private readonly string[] _parts;

    public BouncePhrase(string text)
    {
        Text = text.Trim();
        var pieces = text.Split('*');
        _parts = [.. pieces.Select(BounceWords.OfPhrase).Where(piece => !string.IsNullOrWhiteSpace(piece))];
        if (_parts.Length == 0)
        {
            throw new FormatException($"the phrase '{text}' has no words");
        }
    }

    public string Text { get; }

    /// <param name="words">By <see cref="BounceWords.Of"/>.</param>
    public bool IsIn(string words)
    {
        for (var at = words.IndexOf(_parts[0], StringComparison.Ordinal); at >= 0; at = words.IndexOf(_parts[0], at + 1, StringComparison.Ordinal))
        {
            if (GoesOn(words, at + _parts[0].Length))
            {
                return true;
            }
        }

        return false;
    }

    private bool GoesOn(string words, int end)
    {
        for (var i = 1; i < _parts.Length; i++)
        {
            // The blank before the star and the one behind it are the same where nothing stands between.
            var start = words[end - 1] == ' ' && _parts[i][0] == ' ' ? end - 1 : end;
            var reach = Math.Min(words.Length - start, MaxGap + _parts[i].Length);
            var at = words.IndexOf(_parts[i], start, reach, StringComparison.Ordinal);
            if (at < 0)
            {
                return false;
            }

            end = at + _parts[i].Length;
        }

        return true;
    }
}
