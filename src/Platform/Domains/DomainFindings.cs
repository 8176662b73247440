namespace Relay.Platform.Domains;

/// <summary>What DNS said about one record.</summary>
public enum Finding
{
    /// <summary>There, and ours.</summary>
    Found = 0,

    /// <summary>Certainly not there.</summary>
    Absent = 1,

    /// <summary>There is another in its place.</summary>
    Other = 2,

    /// <summary>DNS could not tell.</summary>
    Unknown = 3,

    /// <summary>There is no key whose record could be looked for.</summary>
    NoKey = 4,
}

/// <param name="Detail">For the domain's owner; empty when it is found as it was asked for.</param>
public sealed record RecordFinding(Finding Finding, string Detail)
{
    public static RecordFinding Found { get; } = new(Finding.Found, string.Empty);
}

/// <summary>What one check found.</summary>
/// <param name="Tracking">Null: not looked for, there is no public listener.</param>
public sealed record DomainFindings(
    RecordFinding Ownership,
    RecordFinding Rsa,
    RecordFinding Ed25519,
    RecordFinding ReturnPath,
    RecordFinding Spf,
    RecordFinding Dmarc,
    RecordFinding? Tracking);
