namespace Relay.Senders;

/// <summary>What proves an identity at a door: SMTP login, API key or admin token. The secret itself is never kept.</summary>
public sealed record Credential
{
    public long Id { get; init; }

    public long AccountId { get; init; } = 1;

    public required CredentialKind Kind { get; init; }

    /// <summary>Login name or token name, unique per kind; name of a key, unique among the keys in force of its account. 1–255 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The first characters of an API key, by which people tell their keys apart; null for other kinds and for keys of early versions.</summary>
    public string? Hint { get; init; }

    /// <summary>SCRAM-SHA-256 verifier (<see cref="ScramVerifier"/> text form) for logins, lower-case hex SHA-256 for keys and tokens.</summary>
    public required string Verifier { get; init; }

    /// <summary>Space-separated: <c>full</c>, <c>send</c>, <c>read</c> for keys; <c>view</c>, <c>operate</c>, <c>admin</c> for tokens; <c>smtp</c> for logins.</summary>
    public required string Scopes { get; init; }

    /// <summary>A-label domains or full addresses allowed as sender; empty means any.</summary>
    public IReadOnlyList<string> AllowedSenders { get; init; } = [];

    /// <summary>CIDR networks the credential may be used from; empty means any.</summary>
    public IReadOnlyList<string> AllowedNetworks { get; init; } = [];

    /// <summary>Client certificates that stand for this login (<see cref="CertificateName"/>); changed one by one in the store, not when it is added.</summary>
    public IReadOnlyList<string> Certificates { get; init; } = [];

    /// <summary>Of this key alone.</summary>
    public SendLimits Limits { get; init; } = SendLimits.Default;

    /// <summary>Of mail over SMTP; changed in the store, not when it is added.</summary>
    public MailDefaults Defaults { get; init; } = MailDefaults.None;

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }
}
