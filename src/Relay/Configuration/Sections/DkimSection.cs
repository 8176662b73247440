using Relay.Dkim;
using Relay.Mail;

namespace Relay;

/// <summary><c>[dkim]</c>: signing; under it one table for each domain whose keys are files.</summary>
internal sealed class DkimSection
{
    /// <summary>Default true: a domain with an active key is signed, others are not concerned.</summary>
    [Setting]
    public bool Enabled { get; init; } = true;

    /// <summary>Domain whose keys sign every message beside those of From, and alone where From has none. Default: none; a host that sends for others names its own, which feedback loops then know.</summary>
    [Setting(Shown = "none")]
    public DomainName? Cosign { get; init; }

    /// <summary><c>[dkim."DOMAIN"]</c>; for a domain named here the keys of the store are not used.</summary>
    [Named(NameKind.Domain, IsInline = true)]
    public required IReadOnlyDictionary<string, DkimDomainSection> Domains { get; init; }
}

/// <summary><c>[dkim."DOMAIN"]</c></summary>
internal sealed class DkimDomainSection
{
    /// <summary>Every key signs; two algorithms make two signatures (RFC 8463 §3).</summary>
    [Setting(MinCount = 1, MaxCount = 4)]
    public IReadOnlyList<DkimKeySection> Keys { get; init; } = [];
}

/// <summary>One element of <c>keys</c>.</summary>
internal sealed class DkimKeySection
{
    /// <summary>The name before <c>._domainkey</c> (RFC 6376 §3.1).</summary>
    [Setting(IsRequired = true)]
    public string Selector { get; init; } = string.Empty;

    [Setting(IsRequired = true)]
    public DkimAlgorithm Algorithm { get; init; }

    /// <summary>PEM file with the private key.</summary>
    [Setting(IsRequired = true, IsPath = true, MustExist = true)]
    public string File { get; init; } = string.Empty;
}
