namespace Relay.Dns;

/// <summary>RFC 7208 §2.6. <see cref="TempError"/> may be another thing later; all others are definite.</summary>
public enum SpfOutcome
{
    /// <summary>There is no record, or no domain that could have one.</summary>
    None,

    /// <summary>The domain does not say.</summary>
    Neutral,
    Pass,
    Fail,
    SoftFail,

    /// <summary>DNS did not answer.</summary>
    TempError,

    /// <summary>The record cannot be read, or asks for more look-ups than allowed.</summary>
    PermError,
}

/// <param name="Domain">Whose record was asked first.</param>
/// <param name="Reason">One sentence: the mechanism that matched, or what is wrong.</param>
public sealed record SpfResult(SpfOutcome Outcome, string Domain, string Reason)
{
    /// <summary>What the domain's owner says of a failure (RFC 7208 §6.2); the words of a stranger. Null: nothing.</summary>
    public string? Explanation { get; init; }

    /// <summary>Terms that cost a look-up (RFC 7208 §4.6.4); 10 are allowed.</summary>
    public int Lookups { get; init; }

    /// <summary>Look-ups that found nothing; 2 are allowed.</summary>
    public int VoidLookups { get; init; }

    /// <summary>The word of RFC 8601 §2.7.2.</summary>
    public string Word => Outcome.ToString().ToLowerInvariant();
}
