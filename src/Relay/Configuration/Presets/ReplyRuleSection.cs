using System.Text.RegularExpressions;
using Relay.Delivery;

namespace Relay;

/// <summary><c>[[rule]]</c> and <c>[[provider.NAME.rule]]</c>: a reply and what it asks for.</summary>
internal sealed class ReplyRuleSection
{
    /// <summary>How decisions name it.</summary>
    [Setting(IsRequired = true)]
    public string Name { get; init; } = string.Empty;

    [Setting]
    public IReadOnlyList<ReplyStep> Step { get; init; } = [];

    [Setting(Min = "400", Max = "599")]
    public IReadOnlyList<int> Code { get; init; } = [];

    [Setting]
    public IReadOnlyList<EnhancedPattern> Enhanced { get; init; } = [];

    [Setting]
    public Regex? Text { get; init; }

    [Setting(Min = "1", Max = "1000")]
    public int Times { get; init; } = 1;

    [Setting(Min = "1s", Max = "1d")]
    public TimeSpan Within { get; init; } = TimeSpan.FromMinutes(5);

    [Setting(Min = "1s", Max = "7d")]
    public TimeSpan? For { get; init; }

    [Setting]
    public bool Hint { get; init; }

    [Setting(Min = "1", Max = "10000")]
    public int? Connections { get; init; }

    [Setting(Min = "1%", Max = "99%")]
    public Percent? ConnectionsBy { get; init; }

    [Setting]
    public Rate? Rate { get; init; }

    [Setting(Min = "1%", Max = "99%")]
    public Percent? RateBy { get; init; }

    [Setting]
    public SuspensionKind Suspend { get; init; }

    [Setting]
    public bool Defer { get; init; }

    [Setting]
    public string? Class { get; init; }
}

internal enum SuspensionKind
{
    None,
    Path,
    Site,
    Source,
}

/// <summary>Steps of a conversation as SMTP calls them.</summary>
internal enum ReplyStep
{
    Connect,
    Greeting,
    Hello,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Content,

    [Spelled("final-dot")]
    FinalDot,
}
