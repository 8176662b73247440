using Relay.Dkim;
using Relay.Mail;

namespace Relay.Senders;

/// <summary>A signing key that is configured as a PEM file instead of being kept in the store.</summary>
/// <param name="Algorithm">Null takes what the file holds; else the file must hold this.</param>
public sealed record DkimKeyFile(DomainName Domain, string Selector, DkimAlgorithm? Algorithm, string Path);
