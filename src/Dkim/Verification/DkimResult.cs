namespace Relay.Dkim;

/// <summary>The result for one DKIM-Signature field. What could not be parsed is null.</summary>
public sealed record DkimResult
{
    public required DkimOutcome Outcome { get; init; }

    /// <summary>One phrase for people and for Authentication-Results; empty on pass.</summary>
    public string Reason { get; init; } = string.Empty;

    /// <summary>d=, A-label when the field was well formed, else as written.</summary>
    public string? Domain { get; init; }

    /// <summary>s=.</summary>
    public string? Selector { get; init; }

    /// <summary>a= as written.</summary>
    public string? Algorithm { get; init; }

    /// <summary>i=, or <c>@d</c> when absent.</summary>
    public string? Identity { get; init; }

    /// <summary>The key record says t=y: the domain is only testing, so a failure must not be held against it (RFC 6376 §3.6.1).</summary>
    public bool IsTesting { get; init; }

    /// <summary>False when l= leaves a part of the body unsigned, which anybody may have added.</summary>
    public bool CoversWholeBody { get; init; } = true;

    internal static DkimResult Of(DkimOutcome outcome, string reason) => new() { Outcome = outcome, Reason = reason };
}
