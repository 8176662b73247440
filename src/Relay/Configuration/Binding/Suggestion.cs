namespace Relay;

/// <summary>"Did you mean": the known word nearest to a mistyped one.</summary>
internal static class Suggestion
{
    private const int LongestWord = 64;
    private const int ShortWord = 5;

    /// <summary>Null when no word is near: more than a third of the letters, or one of a short word, would have to change.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        if (word.Length > LongestWord)
        {
            return null;
        }

        var nearest = known.Select(candidate => (candidate, Distance: Distance(word, candidate))).OrderBy(static c => c.Distance).FirstOrDefault();
        return nearest.candidate is not null && nearest.Distance <= Tolerance(nearest.candidate) ? nearest.candidate : null;
    }

    private static int Tolerance(string candidate) => candidate.Length < ShortWord ? 1 : Math.Max(2, candidate.Length / 3);

    // Levenshtein's distance, one row at a time.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
