using System.Security.Cryptography;

namespace Relay.Delivery;

/// <summary>Which policy was seen under which id: a policy that changes under its id is not noticed by those who keep the old one (RFC 8461 §3.1).</summary>
/// <param name="Hash">Of the policy file.</param>
/// <param name="IsRepeated">The policy was there before, under another id.</param>
internal sealed record MtaStsMemory(string Id, string Hash, bool IsRepeated)
{
    private const int HashBytes = 8;

    /// <returns>Null when there is nothing to remember, or it is of another version.</returns>
    public static MtaStsMemory? Parse(string? text) =>
        text?.Split(' ') is [var id, var hash, var repeated] ? new MtaStsMemory(id, hash, repeated == "1") : null;

    /// <param name="isStale">The policy is another, the id is not: what was remembered stays, until there is a new id.</param>
    public static MtaStsMemory After(MtaStsMemory? before, string id, ReadOnlySpan<byte> policy, out bool isStale)
    {
        var hash = Convert.ToHexString(SHA256.HashData(policy).AsSpan(0, HashBytes));
        isStale = before is not null && before.Id == id && before.Hash != hash;
        return before?.Id == id ? before : new MtaStsMemory(id, hash, before?.Hash == hash);
    }

    public override string ToString() => $"{Id} {Hash} {(IsRepeated ? "1" : "0")}";
}
