namespace Relay.Delivery;

/// <summary>How sessions with the mail hosts of each recipient domain went, by day: what reports about TLS are made of (RFC 8460). Thread safe.</summary>
public interface ITlsReportStore
{
    /// <summary>Days kept, today included: a report is due on the next day and may be sent again for a while.</summary>
    const int Days = 14;

    /// <summary>Failures told apart for one domain and day; further ones are added up without their hosts.</summary>
    const int MaxDetails = 100;

    /// <summary>Rows of one day; domains beyond them are not counted.</summary>
    const int MaxRows = 200_000;

    /// <summary>Adds to what is stored; days older than <see cref="Days"/> before the latest one are dropped.</summary>
    ValueTask AddAsync(IReadOnlyList<TlsSessionCount> counts, CancellationToken cancellationToken);

    /// <summary>Domains with sessions on a day, by name, behind <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<string>> DomainsAsync(DateOnly day, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>All counts of a domain on a day.</summary>
    ValueTask<IReadOnlyList<TlsSessionCount>> ReadAsync(DateOnly day, string domain, CancellationToken cancellationToken);
}

/// <summary>Sessions that went the same way.</summary>
public sealed record TlsSessionCount
{
    /// <summary>UTC.</summary>
    public required DateOnly Day { get; init; }

    /// <summary>Recipient domain whose policy was applied, A-label.</summary>
    public required string Domain { get; init; }

    public required TlsPolicyKind Policy { get; init; }

    public required TlsSessionResult Result { get; init; }

    /// <summary>Empty for successes, and where no host was reached.</summary>
    public string MailHost { get; init; } = string.Empty;

    public string ReceivingAddress { get; init; } = string.Empty;

    /// <summary>Local address of the source; empty where the system chose it.</summary>
    public string SendingAddress { get; init; } = string.Empty;

    /// <summary>One sentence about the last such failure; null for successes.</summary>
    public string? Detail { get; init; }

    public int Sessions { get; init; } = 1;
}

/// <summary>The policy that was applied (RFC 8460 §4.2).</summary>
public enum TlsPolicyKind
{
    /// <summary><c>no-policy-found</c></summary>
    None,

    /// <summary><c>sts</c></summary>
    MtaSts,

    /// <summary><c>tlsa</c></summary>
    Dane,
}

/// <summary>Success, or the result type of a failure (RFC 8460 §4.3). Values are stored.</summary>
public enum TlsSessionResult
{
    Success = 0,

    /// <summary><c>starttls-not-supported</c></summary>
    StartTlsNotSupported = 1,

    /// <summary><c>certificate-host-mismatch</c></summary>
    CertificateHostMismatch = 2,

    /// <summary><c>certificate-expired</c></summary>
    CertificateExpired = 3,

    /// <summary><c>certificate-not-trusted</c></summary>
    CertificateNotTrusted = 4,

    /// <summary><c>validation-failure</c>: any other, as a handshake that broke.</summary>
    ValidationFailure = 5,

    /// <summary><c>dnssec-invalid</c></summary>
    DnssecInvalid = 6,

    /// <summary><c>sts-policy-fetch-error</c></summary>
    StsPolicyFetchError = 7,

    /// <summary><c>sts-policy-invalid</c></summary>
    StsPolicyInvalid = 8,
}
