using Relay.Senders;

namespace Relay.Delivery;

/// <summary>What was found of the hosts that take a domain's mail.</summary>
/// <param name="Names">Hosts by preference; the domain itself where it has no MX; empty: it takes no mail; null: not known.</param>
internal sealed record MailHosts(RecordAdvice Advice, IReadOnlyList<string>? Names);
