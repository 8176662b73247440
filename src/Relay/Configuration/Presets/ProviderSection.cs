using Relay.Mail;

namespace Relay;

/// <summary><c>[provider.NAME]</c>: one large receiver.</summary>
internal sealed class ProviderSection
{
    /// <summary>For people.</summary>
    [Setting]
    public string? Title { get; init; }

    /// <summary>Suffixes of its MX hosts.</summary>
    [Setting(IsRequired = true, MinCount = 1)]
    public IReadOnlyList<DomainName> Mx { get; init; } = [];

    /// <summary>Where the figures come from.</summary>
    [Setting]
    public string? Source { get; init; }

    /// <summary>When that was last looked at.</summary>
    [Setting]
    public string? Checked { get; init; }

    [Setting(Min = "1", Max = "10000")]
    public int? MaxConnections { get; init; }

    [Setting]
    public Rate? MessageRate { get; init; }

    [Setting(Min = "1", Max = "100000")]
    public int? MaxMessagesPerConnection { get; init; }

    [Setting(Min = "1", Max = "1000")]
    public int? MaxRecipientsPerTransaction { get; init; }

    public required IReadOnlyList<ReplyRuleSection> Rule { get; init; }
}
