using Relay.Senders;

namespace Relay.Platform.Domains;

/// <summary>A domain with all its proof needs: what is to be published, what was found, when it is looked for again.</summary>
public sealed record DomainEntry
{
    public required SendingDomain Domain { get; init; }

    /// <summary>Proved by the operator's word; DNS is not asked.</summary>
    public bool IsTrusted { get; init; }

    /// <summary>Random; stands in the ownership record, so that of two accounts that claim a domain the one that runs its DNS gets it.</summary>
    public required string Token { get; init; }

    public required DomainKey RsaKey { get; init; }

    public required DomainKey Ed25519Key { get; init; }

    public RecordStatuses Records { get; init; } = RecordStatuses.None;

    /// <summary>Why it is not proved, for its owner; null when nothing is wrong.</summary>
    public string? VerificationError { get; init; }

    /// <summary>The last check that ended.</summary>
    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary>Null: only when asked for.</summary>
    public DateTimeOffset? NextCheckAt { get; init; }

    /// <summary>Since when the records of a proved domain are certainly gone.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Checks in a row that found them gone.</summary>
    public int Failures { get; init; }

    /// <summary>What the last look said beyond the proof, see <see cref="IRecordAdvisor"/>; empty before the first.</summary>
    public IReadOnlyList<RecordAdvice> Advice { get; init; } = [];

    /// <summary>What the last look said of each record of <see cref="DomainRecords"/>, with type and name in <see cref="RecordAdvice.Check"/>.</summary>
    public IReadOnlyList<RecordAdvice> Looks { get; init; } = [];

    /// <summary>Since when something that was in order is so no more: the proof, one of the records, or something of <see cref="Advice"/>.</summary>
    public DateTimeOffset? DriftSince => Advice.Concat(Looks).Select(advice => advice.DriftSince).Append(FailingSince).Min();
}

/// <param name="Record">The TXT value to publish.</param>
public sealed record DomainKey(string Selector, string Record)
{
    /// <summary>The operator retired the last one of its algorithm and made no other: there is nothing to publish.</summary>
    public static DomainKey None { get; } = new(string.Empty, string.Empty);

    public bool IsNone => Selector.Length == 0;

    /// <summary>p= of the record: the public key in base64; empty without a key.</summary>
    public string PublicKey => IsNone ? string.Empty : Record[(Record.LastIndexOf("p=", StringComparison.Ordinal) + 2)..];
}

/// <summary>What was found of each record.</summary>
public sealed record RecordStatuses(
    DomainStatus Ownership,
    DomainStatus Rsa,
    DomainStatus Ed25519,
    DomainStatus ReturnPath,
    DomainStatus Spf,
    DomainStatus Dmarc,
    DomainStatus Tracking)
{
    /// <summary>Nothing was looked for yet.</summary>
    public static RecordStatuses None { get; } = new(
        DomainStatus.NotStarted, DomainStatus.NotStarted, DomainStatus.NotStarted, DomainStatus.NotStarted, DomainStatus.NotStarted, DomainStatus.NotStarted, DomainStatus.NotStarted);
}

/// <summary>The words of the API.</summary>
public static class DomainStatuses
{
    private static readonly string[] Names = ["NOT_STARTED", "PENDING", "SUCCESS", "FAILED", "TEMPORARY_FAILURE"];

    public static string Name(this DomainStatus status) => Names[(int)status];
}
