namespace Relay.Mail;

/// <summary>A run of addresses: a named group of RFC 5322 §3.4, or with a null name the addresses outside of groups.</summary>
public sealed record AddressGroup(string? Name, IReadOnlyList<NamedMailbox> Members);
