using System.Text.RegularExpressions;

namespace Relay.Tests.Conversation;

/// <summary>Compares a line with a pattern in which <c>*</c> stands for anything.</summary>
public static class RunnerMatch
{
    public static bool Is(string pattern, string line) =>
        Regex.IsMatch(line, "^" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal) + "$", RegexOptions.Singleline);

    /// <summary><c>250-*</c>: one or more lines of a reply that goes on.</summary>
    public static bool IsManyLines(string pattern) => pattern.Length == 5 && pattern.EndsWith("-*", StringComparison.Ordinal);
}
