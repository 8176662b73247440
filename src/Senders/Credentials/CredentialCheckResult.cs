namespace Relay.Senders;

/// <summary>Answer of <see cref="CredentialCheck"/>.</summary>
public enum CredentialOutcome
{
    Accepted = 0,

    /// <summary>Wrong, unknown, expired, revoked or not from here: the client is told no more than that.</summary>
    Refused = 1,

    /// <summary>Too many failures from there or for that name; try later.</summary>
    Throttled = 2,

    /// <summary>Too many logins are being checked; try later.</summary>
    Busy = 3,

    /// <summary>All is right, but the account is suspended.</summary>
    Suspended = 4,
}

/// <param name="Credential">Set when accepted.</param>
/// <param name="Reason">For the log, not for the client; empty when accepted.</param>
/// <param name="RetryAfter">Set when throttled.</param>
public sealed record CredentialCheckResult(CredentialOutcome Outcome, Credential? Credential, string Reason, TimeSpan? RetryAfter)
{
    internal static CredentialCheckResult Busy { get; } = new(CredentialOutcome.Busy, null, "too many logins at once", null);

    internal static CredentialCheckResult Suspended { get; } = new(CredentialOutcome.Suspended, null, "the account is suspended", null);

    internal static CredentialCheckResult Accepted(Credential credential) => new(CredentialOutcome.Accepted, credential, string.Empty, null);

    internal static CredentialCheckResult Refused(string reason) => new(CredentialOutcome.Refused, null, reason, null);

    internal static CredentialCheckResult Throttled(TimeSpan retryAfter) =>
        new(CredentialOutcome.Throttled, null, "too many failures", retryAfter);
}
