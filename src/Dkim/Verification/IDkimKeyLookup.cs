namespace Relay.Dkim;

/// <summary>Fetches key records. Thread safe; never throws for what DNS may answer.</summary>
public interface IDkimKeyLookup
{
    /// <param name="name"><c>selector._domainkey.domain</c>, A-labels, no trailing dot.</param>
    ValueTask<DkimKeyAnswer> LookupAsync(string name, CancellationToken cancellationToken);
}

/// <summary>Answer of a key lookup: the TXT records (each with its strings joined), none, or no answer for now.</summary>
public sealed record DkimKeyAnswer
{
    private DkimKeyAnswer()
    {
    }

    /// <summary>The name or the record type does not exist.</summary>
    public static DkimKeyAnswer None { get; } = new();

    /// <summary>Timeout or server failure: later it may be different.</summary>
    public static DkimKeyAnswer TemporaryFailure { get; } = new() { IsTemporaryFailure = true };

    public IReadOnlyList<string> Texts { get; private init; } = [];

    public bool IsTemporaryFailure { get; private init; }

    public static DkimKeyAnswer Found(IReadOnlyList<string> texts) => new() { Texts = texts };
}
