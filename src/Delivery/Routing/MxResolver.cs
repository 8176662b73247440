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
/// 2. Our own names and addresses, and everything not more preferred than them, are dropped; nothing left means a loop.
/// 3. Addresses of each host; hosts without any are skipped. Only definite answers are final: a single lookup that failed
/// temporarily leaves the hope that a host exists, and the mail waits.
/// 4. Addresses that policy forbids are skipped too. A domain that has no others waits: its owner can mend the records,
/// and a wrong entry in our policy must not bounce mail.
/// </remarks>
internal sealed class MxResolver(IDnsResolver dns, AddressCheck isAllowed, OwnHost own, bool useIpv6)
{
    // A domain with more than ten exchanges is a mistake or an attack on our resolver.
    private const int MaxHosts = 10;
    private const string NotPreferred = "not preferred over this host (RFC 5321 §5.1)";

    /// <param name="port">Where the hosts would be dialled: part of the question whether an address is our own.</param>
    public async ValueTask<MxResult> ResolveAsync(DomainName domain, int port, CancellationToken cancellationToken)
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
            // RFC 7505 §4.1 names this code and status.
            return MxResult.Failed(mx.TimeToLive, "5.1.10", $"domain {domain} accepts no mail (null MX, 556)", "bad-domain", FaultSide.Recipient);
        }

        var isImplicit = mx.Records.Count == 0;
        var exchanges = isImplicit ? [new MxRecord(0, domain.Ascii)] : mx.Records.Where(r => !r.IsNull).OrderBy(r => r.Preference).ToList();
        var survey = await SurveyAsync(exchanges, port, cancellationToken);
        return Conclude(domain, survey, isImplicit, mx.TimeToLive);
    }

    /// <summary>Addresses of a configured host, without MX and without the policy against private addresses.</summary>
    public async ValueTask<MxResult> ResolveHostAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return Configured(host, [address], TimeSpan.MaxValue);
        }

        var answer = await dns.LookupAddressesAsync(host, cancellationToken);
        var addresses = Interleave(answer.Records).Where(IsSpoken).ToList();
        return addresses.Count > 0
            ? Configured(host, addresses, answer.TimeToLive)
            : MxResult.Failed(answer.TimeToLive, "4.4.3", $"configured next hop {host} has no usable address: {answer.Detail ?? answer.Status.ToString()}", "dns", FaultSide.Relay);
    }

    /// <summary>The host that a literal such as <c>[192.0.2.1]</c> names (RFC 5321 §4.1.3): there is no MX to ask.</summary>
    public MxResult ResolveLiteral(IPAddress address, int port)
    {
        var finding = new HostFinding(address.ToString(), 0, [Judge(address, port)], null);
        if (own.IsOwn(address, port))
        {
            return MxResult.Failed(TimeSpan.MaxValue, "5.4.6", $"mail for [{address}] loops back to this host, which does not take it", "routing", FaultSide.Relay) with { Findings = [finding] };
        }

        return finding.Addresses[0].Refusal is { } refusal
            ? MxResult.Failed(TimeSpan.MaxValue, "5.4.4", refusal, "routing", FaultSide.Recipient) with { Findings = [finding] }
            : MxResult.Found([new RouteHost(finding.Name, 0, [address])], TimeSpan.MaxValue) with { Findings = [finding] };
    }

    private static MxResult Configured(string host, IReadOnlyList<IPAddress> addresses, TimeSpan timeToLive) =>
        MxResult.Found([new RouteHost(host, 0, addresses, IsConfigured: true)], timeToLive) with
        {
            Findings = [new HostFinding(host, 0, [.. addresses.Select(a => new AddressFinding(a, null))], null)],
        };

    private async ValueTask<Survey> SurveyAsync(List<MxRecord> exchanges, int port, CancellationToken cancellationToken)
    {
        var ownPreference = exchanges.Where(r => own.IsOwnName(r.Exchange)).Select(r => r.Preference).DefaultIfEmpty(int.MaxValue).Min();
        var asked = exchanges.Where(r => r.Preference < ownPreference).Take(MaxHosts).ToList();
        var answers = await Task.WhenAll(asked.Select(r => dns.LookupAddressesAsync(r.Exchange, cancellationToken).AsTask()));
        ownPreference = Math.Min(
            ownPreference,
            asked.Where((_, i) => answers[i].Records.Any(a => own.IsOwn(a.Address, port))).Select(r => r.Preference).DefaultIfEmpty(int.MaxValue).Min());

        var findings = exchanges.Select((record, i) => new HostFinding(
            record.Exchange,
            record.Preference,
            i < asked.Count ? [.. Interleave(answers[i].Records).Select(a => Judge(a, port))] : [],
            ProblemOf(record, i < asked.Count, i < asked.Count ? answers[i] : null, ownPreference)));
        return new Survey([.. findings], answers, ownPreference < int.MaxValue);
    }

    private string? ProblemOf(MxRecord record, bool isAsked, DnsAnswer<AddressRecord>? answer, int ownPreference)
    {
        if (record.Preference >= ownPreference)
        {
            return own.IsOwnName(record.Exchange) ? "this host itself" : NotPreferred;
        }

        if (!isAsked)
        {
            return "more hosts than are tried";
        }

        return answer!.IsSuccess ? null : $"no address: {answer.Detail ?? answer.Status.ToString()}";
    }

    private AddressFinding Judge(IPAddress address, int port)
    {
        if (!IsSpoken(address))
        {
            return new AddressFinding(address, $"{address} is not dialled: IPv6 is not used here");
        }

        if (own.IsOwn(address, port))
        {
            return new AddressFinding(address, $"{address} is an address of this host");
        }

        return new AddressFinding(address, isAllowed(address, out var reason) ? null : reason);
    }

    private MxResult Conclude(DomainName domain, Survey survey, bool isImplicit, TimeSpan timeToLive)
    {
        var hosts = survey.Findings
            .Select(f => new RouteHost(f.Name, f.Preference, [.. f.Usable]))
            .Where(h => h.Addresses.Count > 0)
            .ToList();
        var shortest = survey.Answers.Select(a => a.TimeToLive).Append(timeToLive).Min();
        var result = hosts.Count > 0 ? MxResult.Found(hosts, shortest) : NoHost(domain, survey, isImplicit, shortest);
        return result with { Findings = survey.Findings };
    }

    private MxResult NoHost(DomainName domain, Survey survey, bool isImplicit, TimeSpan timeToLive)
    {
        if (survey.HasOwn && survey.Findings.All(f => f.Problem is NotPreferred || own.IsOwnName(f.Name)))
        {
            return MxResult.Failed(timeToLive, "5.4.6", $"mail for {domain} loops back to this host: it is the best MX but not a local destination", "routing", FaultSide.Relay);
        }

        if (survey.Answers.FirstOrDefault(a => a.IsTemporary) is { } failed)
        {
            return MxResult.Failed(timeToLive, "4.4.3", $"addresses of the mail hosts of {domain} could not be looked up: {failed.Detail ?? failed.Status.ToString()}", "dns", FaultSide.Network);
        }

        if (survey.FirstRefusal(IsSpoken) is (var host, { } refused))
        {
            return MxResult.Failed(timeToLive, "4.4.4", $"no mail host of {domain} may be dialled: {host}: {refused.Refusal}", "routing", FaultSide.Destination);
        }

        // Reached also when hosts have only IPv6 addresses and this host has no IPv6: that is our lack, so it is temporary.
        if (survey.Answers.Any(a => a.IsSuccess))
        {
            return MxResult.Failed(timeToLive, "4.4.4", $"the mail hosts of {domain} have only IPv6 addresses, which this host does not use", "routing", FaultSide.Relay);
        }

        return isImplicit
            ? MxResult.Failed(timeToLive, "5.4.4", $"domain {domain} has neither MX nor address records", "bad-domain", FaultSide.Recipient)
            : MxResult.Failed(timeToLive, "5.4.4", $"none of the mail hosts named by the MX records of {domain} has an address", "bad-domain", FaultSide.Recipient);
    }

    private bool IsSpoken(IPAddress address) => useIpv6 || address.AddressFamily == AddressFamily.InterNetwork;

    // IPv6 first, then in turn, so that one broken family costs one attempt and not all of them (RFC 8305 §4 in spirit).
    private static List<IPAddress> Interleave(IReadOnlyList<AddressRecord> records)
    {
        var six = records.Where(r => r.Address.AddressFamily == AddressFamily.InterNetworkV6).Select(r => r.Address).ToList();
        var four = records.Where(r => r.Address.AddressFamily == AddressFamily.InterNetwork).Select(r => r.Address).ToList();
        var mixed = new List<IPAddress>(six.Count + four.Count);
        for (var i = 0; i < Math.Max(six.Count, four.Count); i++)
        {
            mixed.AddRange(six.Skip(i).Take(1));
            mixed.AddRange(four.Skip(i).Take(1));
        }

        return mixed;
    }

    /// <summary>All that was found out, before it is weighed.</summary>
    /// <param name="HasOwn">Some host is this one.</param>
    private sealed record Survey(IReadOnlyList<HostFinding> Findings, IReadOnlyList<DnsAnswer<AddressRecord>> Answers, bool HasOwn)
    {
        public (string Host, AddressFinding? Address) FirstRefusal(Func<IPAddress, bool> isSpoken)
        {
            foreach (var finding in Findings.Where(f => f.Problem is null))
            {
                if (finding.Addresses.FirstOrDefault(a => a.Refusal is not null && isSpoken(a.Address)) is { } refused)
                {
                    return (finding.Name, refused);
                }
            }

            return (string.Empty, null);
        }
    }
}
