using System.Globalization;
using System.Text.RegularExpressions;

namespace Relay.Delivery;

/// <summary>The time that a reply asks us to wait: <c>try again in 30 minutes</c>, <c>wait 300 seconds</c>, <c>greylisted for 00:05:00</c>.</summary>
/// <remarks>
/// A number alone says nothing (<c>5 messages in 1 minute</c> is a limit, not a wait): a word about waiting must stand shortly before it.
/// What a stranger writes is honoured within <see cref="Shortest"/> and <see cref="Longest"/> only.
/// </remarks>
internal static partial class RetryHint
{
    /// <summary>Sooner would be no pause.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);

    /// <summary>Later would let a stranger hold mail for a day by a sentence.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(4);

    private const string Cue =
        @"(?:again|retry|retries|retrying|wait|waiting|back|later|gr[ea]y-?list\w*|defer\w*|blocked|delay\w*|expires?|resume|warten|versuchen|erneut|réessa\w+|patient\w+)";

    // At most so much between the word and the number: no other number, no end of sentence.
    private const string Gap = @"[^0-9.;]{0,40}";

    private const string Unit =
        @"(?<unit>s|secs?|seconds?|sekunden?|secondes?|m|mins?|minutes?|minuten?|h|hrs?|hours?|stunden?|heures?)\b";

    private static readonly Dictionary<string, int> FewWords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["a"] = 1,
        ["an"] = 1,
        ["one"] = 1,
        ["einer"] = 1,
        ["une"] = 1,
        ["a couple of"] = 2,
        ["a few"] = 3,
        ["few"] = 3,
        ["several"] = 3,
        ["some"] = 3,
        ["einigen"] = 3,
        ["quelques"] = 3,
    };

    /// <summary>Null when the text names no time.</summary>
    public static TimeSpan? Find(string text)
    {
        var head = ReplyRule.Head(text);
        var found = ByClock(head) ?? ByNumber(head) ?? ByWord(head);
        return found is not { } wait ? null : wait < Shortest ? Shortest : wait > Longest ? Longest : wait;
    }

    private static TimeSpan? ByClock(string text) =>
        Clock().Match(text) is { Success: true } match
            ? new TimeSpan(Number(match.Groups["h"]), Number(match.Groups["m"]), Number(match.Groups["s"]))
            : null;

    private static TimeSpan? ByNumber(string text) =>
        Numbered().Match(text) is { Success: true } match ? Number(match.Groups["n"]) * UnitOf(match.Groups["unit"].Value) : null;

    private static TimeSpan? ByWord(string text) =>
        Worded().Match(text) is { Success: true } match ? FewWords[match.Groups["few"].Value] * UnitOf(match.Groups["unit"].Value) : null;

    private static int Number(Group group) => int.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    private static TimeSpan UnitOf(string unit) => char.ToLowerInvariant(unit[0]) switch
    {
        'm' => TimeSpan.FromMinutes(1),
        's' when !unit.StartsWith("st", StringComparison.OrdinalIgnoreCase) => TimeSpan.FromSeconds(1),
        _ => TimeSpan.FromHours(1),
    };

    [GeneratedRegex(@"\b" + Cue + Gap + @"(?<h>\d{1,2}):(?<m>[0-5]\d):(?<s>[0-5]\d)\b", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Clock();

    [GeneratedRegex(@"\b" + Cue + Gap + @"(?<n>\d{1,6}) ?" + Unit, RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Numbered();

    [GeneratedRegex(@"\b" + Cue + Gap + @"\b(?<few>a few|few|a couple of|several|some|an|a|one|einer|einigen|une|quelques) " + Unit, RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Worded();
}
