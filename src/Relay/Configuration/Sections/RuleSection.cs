using Relay.Queue;

namespace Relay;

/// <summary><c>[rule.NAME]</c>: chooses a route or a pool by more than the recipient's domain. Rules are asked in the order of the file.</summary>
internal sealed class RuleSection
{
    /// <summary>Domains of the envelope sender. Default: any.</summary>
    [Setting]
    public IReadOnlyList<DomainPattern> SenderDomains { get; init; } = [];

    /// <summary>Domains of the recipient. Default: any.</summary>
    [Setting]
    public IReadOnlyList<DomainPattern> RecipientDomains { get; init; } = [];

    /// <summary>SMTP logins or API keys that submitted the message. Default: any, and none.</summary>
    [Setting]
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>Tags of the message, one of which is enough. Default: any.</summary>
    [Setting]
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Numbers of accounts. Default: any.</summary>
    [Setting(Min = "1", Max = "2147483647")]
    public IReadOnlyList<int> Accounts { get; init; } = [];

    /// <summary>Class of mail. Default: any.</summary>
    [Setting(Shown = "any")]
    public MailStream? Stream { get; init; }

    /// <summary>Name of the route taken when all conditions hold. Default: by the recipient's domain.</summary>
    [Setting(Shown = "by the recipient's domain")]
    public string? Route { get; init; }

    /// <summary>Name of the egress pool. Default: that of the site.</summary>
    [Setting(Shown = "that of the site")]
    public string? Pool { get; init; }
}
