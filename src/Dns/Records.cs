using System.Net;

namespace Relay.Dns;

/// <summary>Preference and host; an empty host is the null MX (RFC 7505).</summary>
public sealed record MxRecord(int Preference, string Exchange)
{
    public bool IsNull => Exchange.Length == 0;
}

/// <summary>An A or AAAA record.</summary>
public sealed record AddressRecord(IPAddress Address);

/// <summary>The strings of one TXT record joined without separator, as DKIM and SPF want them (RFC 6376 §3.6.2.2).</summary>
public sealed record TxtRecord(string Text);

/// <summary>RFC 6698 §2.1.</summary>
public sealed record TlsaRecord(byte Usage, byte Selector, byte MatchingType, ReadOnlyMemory<byte> Data);

public sealed record PtrRecord(string Name);

/// <summary>A name server of a zone.</summary>
public sealed record NsRecord(string Host);

/// <summary>A CNAME: the name stands for another.</summary>
public sealed record AliasRecord(string Target);
