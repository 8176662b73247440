namespace Relay.Dns;

/// <summary>What was asked; names compare without case, so that no lower-case copy is made for a lookup. A stands for all addresses.</summary>
internal readonly record struct CacheKey(string Name, RecordType Type)
{
    public bool Equals(CacheKey other) => Type == other.Type && DnsName.AreEqual(Name, other.Name);

    public override int GetHashCode() => HashCode.Combine(string.GetHashCode(Name, StringComparison.OrdinalIgnoreCase), Type);
}
