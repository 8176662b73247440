using System.Globalization;
using System.Net;
using Relay.Dns;
using Relay.Mail;
using Relay.Senders;

namespace Relay.Delivery;

/// <summary>Can answers come back: does a domain that sends take mail (RFC 5321 §5.1)?</summary>
/// <param name="received">Null: this server takes no mail of other domains.</param>
internal sealed class MailHostCheck(IZoneResolver zones, IDnsResolver dns, DeliveryOptions options, IReceivingDomains? received = null)
{
    public const string Check = "mx";

    // A domain with more exchanges is a mistake or an attack on our resolver.
    private const int MaxHosts = 10;
    private const string NoReplies = "replies and bounces sent to From cannot arrive";

    public async Task<MailHosts> LookAsync(DomainName domain, CancellationToken cancellationToken)
    {
        var answer = await zones.LookupMxAsync(domain.Ascii, cancellationToken);
        if (answer.IsTemporary)
        {
            return new MailHosts(AdviceText.Unknown(Check, $"MX {domain}", answer), null);
        }

        if (answer.Records.Count == 0)
        {
            return await WithoutAsync(domain, cancellationToken);
        }

        var hosts = answer.Records.Where(record => !record.IsNull).OrderBy(record => record.Preference).Select(record => record with { Exchange = record.Exchange.TrimEnd('.') }).ToList();
        return hosts.Count == 0
            ? new MailHosts(Wrong(domain, $"a null MX says that {domain} takes no mail: {NoReplies}, and some receivers refuse mail from such a domain (RFC 7505 §4.2)", ToPublish(domain)), [])
            : await JudgeAsync(domain, hosts, answer.Records.Count > hosts.Count, cancellationToken);
    }

    // RFC 5321 §5.1: without MX the domain itself is the host.
    private async Task<MailHosts> WithoutAsync(DomainName domain, CancellationToken cancellationToken)
    {
        var own = await dns.LookupAddressesAsync(domain.Ascii, cancellationToken);
        if (own.IsTemporary)
        {
            return new MailHosts(AdviceText.Unknown(Check, $"there is no MX, addresses of {domain}", own), null);
        }

        if (own.Records.Count == 0)
        {
            var nothing = $"{domain} has neither MX nor address: {NoReplies}, and some receivers refuse mail from a domain that cannot be answered";
            return new MailHosts(Wrong(domain, nothing, ToPublish(domain)), []);
        }

        var found = $"there is no MX, so that mail goes to the address of {domain} itself ({Listed(own.Records.Select(record => record.Address.ToString()))})";
        return new MailHosts(
            new RecordAdvice(Check, AdviceState.Missing, found, $"publish an MX that names the host which takes the mail of {domain}, unless a mail server listens at that address") { Records = ToPublish(domain) },
            [domain.Ascii]);
    }

    private async Task<MailHosts> JudgeAsync(DomainName domain, List<MxRecord> hosts, bool hasNull, CancellationToken cancellationToken)
    {
        var looks = await Task.WhenAll(hosts.Take(MaxHosts).Select(host => LookAtAsync(domain, host, cancellationToken)));
        var named = hosts.Select(host => host.Exchange).Where(host => !IPAddress.TryParse(host, out _)).ToList();
        var names = named.Count > 0 ? named : null;
        var faults = looks.Where(look => look.Problem is not null).ToList();
        if (hasNull)
        {
            return new MailHosts(
                new RecordAdvice(Check, AdviceState.Wrong, $"a null MX ('0 .') stands beside {Listed(hosts.Select(host => host.Exchange))}", "remove one or the other: senders may obey either (RFC 7505 §3)"), names);
        }

        if (faults.Count > 0)
        {
            var dead = looks.All(look => look.IsDead) ? $"; no host is left: {NoReplies}" : "";
            var remedy = string.Join("; ", faults.Select(fault => fault.Remedy).Distinct(StringComparer.Ordinal));
            return new MailHosts(
                new RecordAdvice(Check, AdviceState.Wrong, string.Join("; ", faults.Select(fault => fault.Problem)) + dead, remedy) { Records = [.. faults.Select(fault => fault.Better).OfType<RecordToPublish>()] }, names);
        }

        var trouble = looks.FirstOrDefault(look => look.Trouble is not null)?.Trouble;
        return new MailHosts(
            trouble ?? new RecordAdvice(Check, AdviceState.Ok, Listed(hosts.Select(host => string.Create(CultureInfo.InvariantCulture, $"{host.Preference} {host.Exchange}"))), null), names);
    }

    private async Task<HostLook> LookAtAsync(DomainName domain, MxRecord record, CancellationToken cancellationToken)
    {
        var host = record.Exchange;
        if (IPAddress.TryParse(host, out _))
        {
            return new HostLook($"MX {host} is an address, and an MX names a host", $"give {host} a name and let the MX name it") { IsDead = true };
        }

        var alias = await zones.LookupAliasAsync(host, cancellationToken);
        var addresses = await dns.LookupAddressesAsync(host, cancellationToken);
        if (addresses.IsTemporary)
        {
            return new HostLook(null, null) { Trouble = AdviceText.Unknown(Check, $"addresses of {host}", addresses) };
        }

        if (addresses.Records.Count == 0)
        {
            return new HostLook($"MX {host} has no address", $"publish an address of {host}, or take it out of the MX records") { IsDead = true };
        }

        if (alias.Records.Count == 0)
        {
            return new HostLook(null, null);
        }

        // Most senders follow it all the same.
        var target = alias.Records[0].Target.TrimEnd('.');
        return new HostLook($"MX {host} is an alias (CNAME) of {target}, which some senders refuse (RFC 5321 §5.1)", $"let the MX name {target} itself")
        {
            Better = new RecordToPublish("MX", domain.Ascii, target, record.Preference.ToString(CultureInfo.InvariantCulture)),
        };
    }

    private static RecordAdvice Wrong(DomainName domain, string found, IReadOnlyList<RecordToPublish> records) =>
        new(Check, AdviceState.Wrong, found, $"publish an MX that names the host which takes the mail of {domain}") { Records = records };

    // Which host that is, only the owner knows, unless it is this one.
    private IReadOnlyList<RecordToPublish> ToPublish(DomainName domain) =>
        received?.Takes(domain) == true ? [new RecordToPublish("MX", domain.Ascii, options.Hostname, "10")] : [];

    private static string Listed(IEnumerable<string> texts) => AdviceText.Shown(string.Join(", ", texts.Take(MaxHosts)));

    /// <param name="Problem">Null: the host is in order, or it is not known.</param>
    private sealed record HostLook(string? Problem, string? Remedy)
    {
        public bool IsDead { get; init; }

        public RecordAdvice? Trouble { get; init; }

        public RecordToPublish? Better { get; init; }
    }
}
