namespace Relay.Delivery;

/// <summary>Whether this host can reach the mail hosts of others at all.</summary>
/// <param name="IsPortBlocked">Connections to unrelated sites timed out and none ever succeeded: very likely the provider blocks the port.</param>
/// <param name="TimedOutSites">Sites whose hosts timed out so far, at most a few.</param>
public sealed record OutboundHealth(bool IsPortBlocked, int Port, IReadOnlyList<string> TimedOutSites, bool HasConnected);
