namespace Relay.Dkim;

/// <summary>What became of one signature; the names are those of RFC 8601 §2.7.1.</summary>
public enum DkimOutcome
{
    Pass = 0,

    /// <summary>The signature is well formed and its key known, but message and signature do not agree.</summary>
    Fail = 1,

    /// <summary>It can never be verified: malformed, expired, forbidden algorithm, unusable or missing key.</summary>
    PermError = 2,

    /// <summary>The key could not be fetched just now.</summary>
    TempError = 3,

    /// <summary>Not judged: unknown algorithm or query method, or beyond the number of signatures that are looked at.</summary>
    Neutral = 4,
}
