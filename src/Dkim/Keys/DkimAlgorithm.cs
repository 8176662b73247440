namespace Relay.Dkim;

/// <summary>a= of RFC 6376 §3.3 and RFC 8463. The values are stored.</summary>
public enum DkimAlgorithm
{
    RsaSha256 = 0,
    Ed25519Sha256 = 1,
}
