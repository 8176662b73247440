using System.Text.RegularExpressions;

namespace Relay.Tests.Faults;

/// <summary>One call of a strace log: its text with arguments and result, and the lines at which it began and ended.</summary>
internal sealed record SystemCall(string Text, int Began, int Ended)
{
    public bool Succeeded => !Regex.IsMatch(Text, @"= -1 E[A-Z]+");
}

/// <summary>Reads the log that <c>strace -f -o</c> writes; calls interrupted by other threads are put together again.</summary>
internal static partial class SystemCalls
{
    private const string Unfinished = " <unfinished ...>";

    /// <summary>Finished calls in order of their ends.</summary>
    public static IReadOnlyList<SystemCall> Read(string logFile)
    {
        var calls = new List<SystemCall>();
        var pending = new Dictionary<string, (string Text, int Line)>();
        var number = 0;
        foreach (var line in File.ReadLines(logFile))
        {
            number++;
            if (ThreadLine().Match(line) is not { Success: true } match)
            {
                continue;
            }

            var (thread, text) = (match.Groups[1].Value, match.Groups[2].Value);
            if (text.EndsWith(Unfinished, StringComparison.Ordinal))
            {
                pending[thread] = (text[..^Unfinished.Length], number);
            }
            else if (Resumed().Match(text) is { Success: true } resumed && pending.Remove(thread, out var begun))
            {
                calls.Add(new SystemCall(begun.Text + text[resumed.Length..], begun.Line, number));
            }
            else
            {
                calls.Add(new SystemCall(text, number, number));
            }
        }

        return calls;
    }

    [GeneratedRegex(@"^(\d+) +(?:\d\d:\d\d:\d\d\.\d+ )?(.*)$")]
    private static partial Regex ThreadLine();

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>")]
    private static partial Regex Resumed();
}
