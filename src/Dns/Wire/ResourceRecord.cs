namespace Relay.Dns;

/// <summary>One record of an answer section.</summary>
/// <param name="TimeToLive">Never negative; a value with the top bit set counts as zero (RFC 2181 §8).</param>
/// <param name="Data">One of the public record types or <see cref="AliasRecord"/>.</param>
internal sealed record ResourceRecord(string Owner, TimeSpan TimeToLive, object Data);
