namespace Relay.Smtp;

/// <summary>The certificate that a client has shown, with proof that it holds the key (the handshake sees to that).</summary>
/// <param name="Fingerprint">SHA-256 over the certificate, lower-case hex.</param>
/// <param name="Subject">Distinguished name as .NET writes it, most specific part first.</param>
/// <param name="IsTrusted">It chains to an issuer of the listener and is valid now: only then does its subject say anything.</param>
public sealed record ClientCertificate(string Fingerprint, string Subject, bool IsTrusted);
