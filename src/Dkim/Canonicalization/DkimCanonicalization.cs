namespace Relay.Dkim;

/// <summary>How much a header or body may change on its way without breaking the signature (RFC 6376 §3.4).</summary>
public enum DkimCanonicalization
{
    Simple = 0,
    Relaxed = 1,
}
