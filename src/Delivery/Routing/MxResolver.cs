using System.Net;
using System.Net.Sockets;
using Relay.Dns;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>True when the address may be dialled; otherwise the reason.</summary>
internal delegate bool AddressCheck(IPAddress address, out string reason);

/// <summary>Finds the hosts that take mail for a domain (RFC 5321 §5.1).</summary>
/// <remarks>
/// 1. MX records; none: the domain itself is the host. NXDOMAIN and the null MX (RFC 7505) are final.
/// 2. Our own names and everything not more preferred than them are dropped; nothing left means a loop.
/// 3. Addresses of each host; hosts without any are skipped. Only definite answers are final: a single lookup that failed
/// temporarily leaves the hope that a host exists, and the mail waits.
/// 4. Addresses that policy forbids are skipped too. A domain that has no others waits: its owner can mend the records,
/// and a wrong entry in our policy must not bounce mail.
/// </remarks>
internal sealed class MxResolver(IDnsResolver dns, AddressCheck isAllowed, IReadOnlyCollection<string> ownNames, bool useIpv6)
{
    // A domain with more than ten exchanges is a mistake or an attack on our resolver.
    private const int MaxHosts = 10;

    public async ValueTask<MxResult> ResolveAsync(DomainName domain, CancellationToken cancellationToken)
    {
        var mx = await dns.LookupMxAsync(domain.Ascii, cancellationToken);
        if (mx.IsTemporary)
        {
            return MxResult.Failed(mx.TimeToLive, "4.4.3", $"MX of {domain} could not be looked up: {mx.Detail ?? mx.Status.ToString()}", "dns", FaultSide.Network);
        }

        if (mx.Status == DnsStatus.NoSuchDomain)
        {
            return MxResult.Failed(mx.TimeToLive, "5.1.2", $"domain {domain} does not exist", "bad-domain", FaultSide.Recipient);
        }

        if (mx.Records.Count > 0 && mx.Records.All(r => r.IsNull))
        {
            return MxResult.Failed(mx.TimeToLive, "5.1.10", $"domain {domain} accepts no mail (null MX)", "bad-domain", FaultSide.Recipient);
        }

        var isImplicit = mx.Records.Count == 0;
        var exchanges = isImplicit ? [new MxRecord(0, domain.Ascii)] : mx.Records.Where(r => !r.IsNull).OrderBy(r => r.Preference).ToList();
        var usable = WithoutOwnHosts(exchanges);
        if (usable.Count == 0)
        {
            return MxResult.Failed(mx.TimeToLive, "5.4.6", $"mail for {domain} loops back to this host: it is the best MX but not a local destination", "routing", FaultSide.Relay);
        }

        return await WithAddressesAsync(domain, usable.Take(MaxHosts).ToList(), isImplicit, mx.TimeToLive, cancellationToken);
    }

    /// <summary>Addresses of a configured host, without MX and without the policy against private addresses.</summary>
    public async ValueTask<MxResult> ResolveHostAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return MxResult.Found([new RouteHost(host, 0, [address], IsConfigured: true)], TimeSpan.MaxValue);
        }

        var answer = await dns.LookupAddressesAsync(host, cancellationToken);
        var addresses = Interleave(answer.Records);
        return addresses.Count > 0
            ? MxResult.Found([new RouteHost(host, 0, addresses, IsConfigured: true)], answer.TimeToLive)
            : MxResult.Failed(answer.TimeToLive, "4.4.3", $"configured next hop {host} has no usable address: {answer.Detail ?? answer.Status.ToString()}", "dns", FaultSide.Relay);
    }

    private List<MxRecord> WithoutOwnHosts(IReadOnlyList<MxRecord> exchanges)
    {
        var own = exchanges.Where(r => ownNames.Contains(r.Exchange, StringComparer.OrdinalIgnoreCase)).ToList();
        var limit = own.Count == 0 ? int.MaxValue : own.Min(r => r.Preference);
        return exchanges.Where(r => own.Count == 0 || r.Preference < limit).ToList();
    }

    private async ValueTask<MxResult> WithAddressesAsync(
        DomainName domain, List<MxRecord> exchanges, bool isImplicit, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(exchanges.Select(r => dns.LookupAddressesAsync(r.Exchange, cancellationToken).AsTask()));
        var hosts = new List<RouteHost>();
        string? refusal = null;
        for (var i = 0; i < exchanges.Count; i++)
        {
            var addresses = Allowed(Interleave(answers[i].Records), exchanges[i].Exchange, ref refusal);
            if (addresses.Count > 0)
            {
                hosts.Add(new RouteHost(exchanges[i].Exchange, exchanges[i].Preference, addresses));
            }
        }

        var shortest = answers.Select(a => a.TimeToLive).Append(timeToLive).Min();
        return hosts.Count > 0 ? MxResult.Found(hosts, shortest) : NoAddress(domain, answers, isImplicit, refusal, shortest);
    }

    private static MxResult NoAddress(
        DomainName domain, IReadOnlyList<DnsAnswer<AddressRecord>> answers, bool isImplicit, string? refusal, TimeSpan timeToLive)
    {
        if (answers.FirstOrDefault(a => a.IsTemporary) is { } failed)
        {
            return MxResult.Failed(timeToLive, "4.4.3", $"addresses of the mail hosts of {domain} could not be looked up: {failed.Detail ?? failed.Status.ToString()}", "dns", FaultSide.Network);
        }

        if (refusal is not null)
        {
            return MxResult.Failed(timeToLive, "4.4.4", $"no mail host of {domain} may be dialled: {refusal}", "routing", FaultSide.Destination);
        }

        // Reached also when hosts have only IPv6 addresses and this host has no IPv6: that is our lack, so it is temporary.
        if (answers.Any(a => a.IsSuccess))
        {
            return MxResult.Failed(timeToLive, "4.4.4", $"the mail hosts of {domain} have only IPv6 addresses, which this host does not use", "routing", FaultSide.Relay);
        }

        return isImplicit
            ? MxResult.Failed(timeToLive, "5.4.4", $"domain {domain} has neither MX nor address records", "bad-domain", FaultSide.Recipient)
            : MxResult.Failed(timeToLive, "5.4.4", $"none of the mail hosts named by the MX records of {domain} has an address", "bad-domain", FaultSide.Recipient);
    }

    private List<IPAddress> Allowed(List<IPAddress> addresses, string host, ref string? refusal)
    {
        var allowed = new List<IPAddress>(addresses.Count);
        foreach (var address in addresses)
        {
            if (isAllowed(address, out var reason))
            {
                allowed.Add(address);
            }
            else
            {
                refusal ??= $"{host} has the address {address} ({reason})";
            }
        }

        return allowed;
    }

    // IPv6 first, then in turn, so that one broken family costs one attempt and not all of them (RFC 8305 §4 in spirit).
    private List<IPAddress> Interleave(IReadOnlyList<AddressRecord> records)
    {
        var six = useIpv6 ? records.Where(r => r.Address.AddressFamily == AddressFamily.InterNetworkV6).Select(r => r.Address).ToList() : [];
        var four = records.Where(r => r.Address.AddressFamily == AddressFamily.InterNetwork).Select(r => r.Address).ToList();
        var mixed = new List<IPAddress>(six.Count + four.Count);
        for (var i = 0; i < Math.Max(six.Count, four.Count); i++)
        {
            mixed.AddRange(six.Skip(i).Take(1));
            mixed.AddRange(four.Skip(i).Take(1));
        }

        return mixed;
    }
}

/// <summary>Hosts to dial, or why there are none; with the time the facts may be kept.</summary>
internal sealed record MxResult(IReadOnlyList<RouteHost> Hosts, RouteFailure? Failure, TimeSpan TimeToLive)
{
    public static MxResult Found(IReadOnlyList<RouteHost> hosts, TimeSpan timeToLive) => new(hosts, null, timeToLive);

    public static MxResult Failed(TimeSpan timeToLive, string status, string text, string bounceClass, FaultSide fault) =>
        new([], RouteFailure.Of(status, text, bounceClass, fault), timeToLive);
}
