namespace Relay.Dns;

/// <summary>Makes one answer of the A and the AAAA answer for a name.</summary>
internal static class AddressAnswers
{
    public static DnsAnswer<AddressRecord> Combine(DnsAnswer<AddressRecord> ipv4, DnsAnswer<AddressRecord> ipv6)
    {
        // The shorter lifetime holds; with one half failed that is the failure's, so the whole is soon asked for again.
        var timeToLive = ipv4.TimeToLive < ipv6.TimeToLive ? ipv4.TimeToLive : ipv6.TimeToLive;
        var status = CombineStatus(ipv4.Status, ipv6.Status);
        return new DnsAnswer<AddressRecord>(status, [.. ipv4.Records, .. ipv6.Records])
        {
            TimeToLive = timeToLive,
            IsAuthentic = IsAuthentic(ipv4, ipv6),
            Detail = ipv4.Detail ?? ipv6.Detail,
        };
    }

    /// <summary>Trouble outweighs a definite half; "no such domain" needs both to say so.</summary>
    private static DnsStatus CombineStatus(DnsStatus ipv4, DnsStatus ipv6)
    {
        if (ipv4 == DnsStatus.Success || ipv6 == DnsStatus.Success)
        {
            return DnsStatus.Success;
        }

        if (ipv4 == DnsStatus.ServerFailure || ipv6 == DnsStatus.ServerFailure)
        {
            return DnsStatus.ServerFailure;
        }

        if (ipv4 == DnsStatus.Timeout || ipv6 == DnsStatus.Timeout)
        {
            return DnsStatus.Timeout;
        }

        return ipv4 == ipv6 ? ipv4 : DnsStatus.NoData;
    }

    /// <summary>Each half that said something definite must be authentic; a failed half says nothing.</summary>
    private static bool IsAuthentic(DnsAnswer<AddressRecord> ipv4, DnsAnswer<AddressRecord> ipv6) =>
        (ipv4.IsAuthentic && (ipv6.IsAuthentic || ipv6.IsTemporary)) || (ipv6.IsAuthentic && ipv4.IsTemporary);
}
