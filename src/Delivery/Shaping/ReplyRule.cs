using System.Text.RegularExpressions;
using Relay.Mail;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>What a suspension covers.</summary>
public enum SuspensionScope
{
    None,

    /// <summary>The site as seen from the source that was refused.</summary>
    Path,

    /// <summary>The site, from every source.</summary>
    Site,

    /// <summary>The source, to every site.</summary>
    Source,
}

/// <summary>A reply and what it asks for. Conditions are joined by and; those left open match everything.</summary>
public sealed record ReplyRule
{
    /// <summary>Text of a reply looked at, at most: what matters stands at its beginning, and time stays bounded.</summary>
    public const int MaxText = 2000;

    /// <summary>How decisions name it: <c>google/too-fast</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Steps of the conversation; empty: any.</summary>
    public IReadOnlyList<TransactionStep> Steps { get; init; } = [];

    /// <summary>Reply codes; empty: any of class 4 or 5.</summary>
    public IReadOnlyList<int> Codes { get; init; } = [];

    /// <summary>Empty: any, and none.</summary>
    public IReadOnlyList<EnhancedPattern> Enhanced { get; init; } = [];

    /// <summary>Searched for in the text of the reply; made with <see cref="RegexOptions.NonBacktracking"/>.</summary>
    public Regex? Text { get; init; }

    /// <summary>Acts when so many replies matched within <see cref="Within"/>; 1 acts at once.</summary>
    public int Times { get; init; } = 1;

    public TimeSpan Within { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long its decisions hold where the reply itself names no time. Null: only while a reply names one.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>A time named in the text is taken in place of <see cref="For"/>.</summary>
    public bool UsesHint { get; init; }

    /// <summary>Connections of the path, at most.</summary>
    public int? Connections { get; init; }

    /// <summary>Share of the connections in use that the path keeps, above 0 and below 1.</summary>
    public double? ConnectionsBy { get; init; }

    public MessageRate? Rate { get; init; }

    /// <summary>Share of the present rate that the path keeps, above 0 and below 1.</summary>
    public double? RateBy { get; init; }

    public SuspensionScope Suspend { get; init; }

    /// <summary>The recipient is tried again when the time is over, in place of the retry schedule.</summary>
    public bool Defers { get; init; }

    /// <summary>Bounce class in place of what the classifier says.</summary>
    public string? Class { get; init; }

    /// <summary>Changes the path, the site or the source, not only this recipient.</summary>
    public bool ActsOnPath => Connections is not null || ConnectionsBy is not null || Rate is not null || RateBy is not null || Suspend != SuspensionScope.None;

    public bool Matches(SmtpReply reply, TransactionStep step) =>
        reply.Code >= 400
        && (Codes.Count == 0 || Codes.Contains(reply.Code))
        && (Steps.Count == 0 || Steps.Contains(step))
        && (Enhanced.Count == 0 || (reply.Enhanced is { } code && Enhanced.Any(pattern => pattern.Matches(code))))
        && (Text is null || Text.IsMatch(Head(reply.Text)));

    internal static string Head(string text) => text.Length <= MaxText ? text : text[..MaxText];
}

/// <summary>An enhanced status code whose subject or detail may be left open: <c>4.7.28</c>, <c>4.7.*</c>, <c>4.*.*</c>.</summary>
public readonly record struct EnhancedPattern(int Class, int? Subject, int? Detail)
{
    public bool Matches(EnhancedStatusCode code) =>
        code.Class == Class && (Subject is null || Subject == code.Subject) && (Detail is null || Detail == code.Detail);

    /// <summary>Null when the text is no pattern.</summary>
    public static EnhancedPattern? TryParse(string text)
    {
        var parts = text.Split('.');
        var concrete = string.Join('.', parts.Select(part => part == "*" ? "0" : part));
        return parts.Length == 3 && parts[0] is "4" or "5" && (parts[1] != "*" || parts[2] == "*") && EnhancedStatusCode.TryParse(concrete, out var code)
            ? new EnhancedPattern(code.Class, parts[1] == "*" ? null : code.Subject, parts[2] == "*" ? null : code.Detail)
            : null;
    }

    public override string ToString() => $"{Class}.{Part(Subject)}.{Part(Detail)}";

    private static string Part(int? part) => part?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "*";
}
