using System.Security.Cryptography.X509Certificates;

namespace Relay.Smtp.Server;

/// <summary>What a listener wants of clients' certificates.</summary>
/// <param name="IsRequired">A handshake without one fails.</param>
/// <param name="Issuers">Whose certificates count by their subject; of all others only the fingerprint says anything.</param>
public sealed record ClientCertificateRules(bool IsRequired, X509Certificate2Collection Issuers);
