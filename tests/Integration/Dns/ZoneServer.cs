using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Relay.Dns;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>Serves a <see cref="ZoneTable"/> over the wire; what does not fit a datagram goes over TCP.</summary>
internal static class ZoneServer
{
    private const int MaxDatagram = 1232;

    public static ScriptedDnsServer Start(ZoneTable zone) => ScriptedDnsServer.Answering(query =>
    {
        var bytes = Answer(zone, query).ToArray();
        return bytes.Length <= MaxDatagram || query.OverTcp ? bytes : query.Reply().Truncated().ToArray();
    });

    private static DnsPacket Answer(ZoneTable zone, ReceivedQuery query) => query.Type switch
    {
        DnsPacket.Mx => Write(query, Now(zone.LookupMxAsync(query.Name, default)), r => DnsPacket.MxData(r.Preference, r.Exchange)),
        DnsPacket.Txt => Write(query, Now(zone.LookupTxtAsync(query.Name, default)), r => DnsPacket.TextData(r.Text)),
        DnsPacket.Tlsa => Write(
            query,
            Now(zone.LookupTlsaAsync(query.Name, default)),
            r => DnsPacket.TlsaData(r.Usage, r.Selector, r.MatchingType, r.Data)),
        DnsPacket.Ptr => Write(query, Now(zone.LookupPtrAsync(AddressOf(query.Name), default)), r => DnsPacket.Name(r.Name)),
        DnsPacket.A => Addresses(zone, query, AddressFamily.InterNetwork),
        DnsPacket.Aaaa => Addresses(zone, query, AddressFamily.InterNetworkV6),
        _ => query.Reply().Code(4),
    };

    private static DnsPacket Addresses(ZoneTable zone, ReceivedQuery query, AddressFamily family)
    {
        var both = Now(zone.LookupAddressesAsync(query.Name, default));
        AddressRecord[] records = [.. both.Records.Where(r => r.Address.AddressFamily == family)];
        var status = both.IsSuccess && records.Length == 0 ? DnsStatus.NoData : both.Status;
        return Write(query, both with { Status = status, Records = records }, r => r.Address.GetAddressBytes());
    }

    private static DnsPacket Write<T>(ReceivedQuery query, DnsAnswer<T> answer, Func<T, byte[]> data)
    {
        var packet = query.Reply();
        var timeToLive = (uint)answer.TimeToLive.TotalSeconds;
        foreach (var record in answer.Records)
        {
            packet.Answer(query.Name, query.Type, timeToLive, data(record));
        }

        if (answer.IsAuthentic && query.AsksVerdict)
        {
            packet.AuthenticData();
        }

        return answer.Status switch
        {
            DnsStatus.NoData => packet.StartOfAuthority("test", timeToLive, timeToLive),
            DnsStatus.NoSuchDomain => packet.Code(3).StartOfAuthority("test", timeToLive, timeToLive),
            DnsStatus.ServerFailure => packet.Code(2).ExtendedError(0, answer.Detail ?? string.Empty),
            _ => packet,
        };
    }

    /// <summary>The table answers at once.</summary>
    private static DnsAnswer<T> Now<T>(ValueTask<DnsAnswer<T>> lookup) => lookup.AsTask().GetAwaiter().GetResult();

    private static IPAddress AddressOf(string reverseName)
    {
        var labels = reverseName.Split('.').SkipLast(2).Reverse().ToArray();
        return reverseName.EndsWith("in-addr.arpa", StringComparison.Ordinal)
            ? IPAddress.Parse(string.Join('.', labels))
            : new IPAddress([.. labels.Chunk(2).Select(n => byte.Parse(n[0] + n[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture))]);
    }
}
