namespace Relay.Dns;

/// <summary>What a lookup found. Only <see cref="NoData"/> and <see cref="NoSuchDomain"/> are definite; every other failure is temporary.</summary>
public enum DnsStatus
{
    /// <summary>At least one record of the type asked for.</summary>
    Success,

    /// <summary>The name exists, without records of this type (RFC 2308 §2.2).</summary>
    NoData,

    /// <summary>NXDOMAIN (RFC 2308 §2.1).</summary>
    NoSuchDomain,

    /// <summary>SERVFAIL, REFUSED, a malformed, looping or bogus answer, from every server asked.</summary>
    ServerFailure,

    /// <summary>No server answered in time.</summary>
    Timeout,
}
