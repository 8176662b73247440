using Relay.Dkim;

namespace Relay.Tests.Unit;

/// <summary>Keys made once for all tests, and the records they publish.</summary>
internal static class DkimTestKeys
{
    public static DkimKey Rsa { get; } = DkimKeyGenerator.Generate("example.com", "r1", DkimAlgorithm.RsaSha256).Key;

    public static DkimKey Ed25519 { get; } = DkimKeyGenerator.Generate("example.com", "e1", DkimAlgorithm.Ed25519Sha256).Key;

    public static IReadOnlyList<DkimKey> Both { get; } = [Rsa, Ed25519];

    public static FixedKeyLookup Published { get; } = new(Both.ToDictionary(key => key.RecordName, key => key.PublicRecord));
}

internal sealed class FixedKeyLookup(IReadOnlyDictionary<string, string> records) : IDkimKeyLookup
{
    public int Lookups { get; private set; }

    public static FixedKeyLookup One(string name, string record) => new(new Dictionary<string, string> { [name] = record });

    public ValueTask<DkimKeyAnswer> LookupAsync(string name, CancellationToken cancellationToken)
    {
        Lookups++;
        return ValueTask.FromResult(records.TryGetValue(name, out var record) ? DkimKeyAnswer.Found([record]) : DkimKeyAnswer.None);
    }
}

internal sealed class AnsweringKeyLookup(DkimKeyAnswer answer) : IDkimKeyLookup
{
    public ValueTask<DkimKeyAnswer> LookupAsync(string name, CancellationToken cancellationToken) => ValueTask.FromResult(answer);
}
