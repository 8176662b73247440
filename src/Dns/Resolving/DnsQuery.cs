namespace Relay.Dns;

/// <summary>One question to one server, with the identity its answer must carry.</summary>
internal sealed record DnsQuery(string Name, RecordType Type, ushort Id, ReadOnlyMemory<byte> Bytes)
{
    public bool IsAnsweredBy(ReadOnlySpan<byte> response) => DnsMessage.IsResponseTo(response, Id, Name, Type);
}
