using System.Globalization;
using Relay.Dns;
using Relay.Mail;
using Relay.Senders;

namespace Relay.Delivery;

/// <summary>Is TLS promised to those who write to the domain, and is the promise kept (RFC 8461)?</summary>
/// <remarks>1. The TXT record. 2. The policy, by HTTPS. 3. The policy against the MX hosts. 4. The policy against the one seen under this id before.</remarks>
internal sealed class MtaStsCheck(IZoneResolver zones, IDnsResolver dns, IMtaStsFetcher fetcher, TimeProvider time)
{
    public const string Check = "mta-sts";

    private const int MaxListed = 5;
    private static readonly TimeSpan ShortestAge = TimeSpan.FromDays(1);
    private static readonly TimeSpan UsualAge = TimeSpan.FromDays(7);

    public async Task<RecordAdvice> LookAsync(DomainName domain, Task<MailHosts> mail, string? memory, CancellationToken cancellationToken)
    {
        var name = "_mta-sts." + domain.Ascii;
        var answer = await zones.LookupTxtAsync(name, cancellationToken);
        var hosts = (await mail).Names;
        if (answer.IsTemporary)
        {
            return AdviceText.Unknown(Check, $"TXT {name}", answer);
        }

        var texts = answer.Records.Select(record => record.Text).ToList();
        var id = MtaStsRecord.FindId(texts);
        var advice = id is null
            ? await WithoutIdAsync(domain, texts, hosts, cancellationToken)
            : await FetchAsync(domain, id, hosts, MtaStsMemory.Parse(memory), cancellationToken);
        return advice.Memory is null ? advice with { Memory = memory } : advice;
    }

    private async Task<RecordAdvice> WithoutIdAsync(DomainName domain, List<string> texts, IReadOnlyList<string>? hosts, CancellationToken cancellationToken)
    {
        var name = "_mta-sts." + domain.Ascii;
        var announced = MtaStsRecord.Announced(texts);
        if (announced.Count > 1)
        {
            return new RecordAdvice(Check, AdviceState.Wrong, $"TXT {name} is there {announced.Count} times, so that senders see no policy", "leave one of them");
        }

        if (AdviceText.Attempt(texts, "v=STS") is { } attempt)
        {
            return ToPublish(
                domain, null, hosts, AdviceState.Wrong, $"TXT {name} cannot be read: {AdviceText.Shown(attempt)}", "replace it by 'v=STSv1; id=…' with an id of 1 to 32 letters and digits");
        }

        if (hosts is { Count: 0 })
        {
            return new RecordAdvice(Check, AdviceState.Missing, $"there is no TXT {name}, and no mail to protect: {domain} takes none", null);
        }

        var host = await dns.LookupAddressesAsync("mta-sts." + domain.Ascii, cancellationToken);
        var found = host.Records.Count > 0 ? $"there is no TXT {name}; mta-sts.{domain} has an address, but without the record nobody fetches a policy there" : $"there is no TXT {name}";
        return ToPublish(domain, null, hosts, AdviceState.Missing, found, $"to have others deliver to {domain} over verified TLS only, serve the file by HTTPS, then publish the record; begin with mode testing");
    }

    private async Task<RecordAdvice> FetchAsync(DomainName domain, string id, IReadOnlyList<string>? hosts, MtaStsMemory? before, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> text;
        try
        {
            text = await fetcher.FetchAsync(domain.Ascii, cancellationToken);
        }
        catch (MtaStsFetchException trouble)
        {
            return NotFetched(domain, hosts, trouble);
        }

        if (MtaStsPolicy.Parse(domain.Ascii, text.Span, out var problem) is not { } policy)
        {
            return ToPublish(domain, null, hosts, AdviceState.Wrong, $"the policy at {Url(domain)} {problem}; senders that fetch it go on without", "serve a file of this form, then publish the new id");
        }

        var memory = MtaStsMemory.After(before, id, text.Span, out var isStale);
        return Judge(domain, policy, hosts, isStale, memory) with { Memory = memory.ToString() };
    }

    // Those who have an older policy keep it meanwhile; what cannot be reached from here may well be from elsewhere.
    private RecordAdvice NotFetched(DomainName domain, IReadOnlyList<string>? hosts, MtaStsFetchException trouble)
    {
        var words = trouble.InnerException is GuardedHttpException { Failure: GuardedHttpFailure.NameResolution } ? $"the name servers of mta-sts.{domain} do not answer" : trouble.Message;
        var found = $"the record is there, but the policy cannot be fetched: {words}";
        var remedy = $"serve the file at {Url(domain)}: a valid certificate for mta-sts.{domain}, text/plain, no redirect (RFC 8461 §3.3)";
        return trouble.IsCertain ? ToPublish(domain, null, hosts, AdviceState.Wrong, found, remedy) : new RecordAdvice(Check, AdviceState.Unknown, found, remedy);
    }

    private RecordAdvice Judge(DomainName domain, MtaStsPolicy policy, IReadOnlyList<string>? hosts, bool isStale, MtaStsMemory memory)
    {
        var mode = policy.Mode.ToString().ToLowerInvariant();
        if (policy.Mode == MtaStsMode.None)
        {
            return ToPublish(domain, null, hosts, AdviceState.Missing, "the policy says 'mode: none', which switches MTA-STS off", "to have it again, serve this file, then publish the new id");
        }

        if (hosts is null)
        {
            return new RecordAdvice(Check, AdviceState.Unknown, $"a policy of mode {mode} is there; whether it names the MX hosts is not known, for they are not: see mx", null);
        }

        var unnamed = hosts.Where(host => !policy.Matches(host)).ToList();
        if (unnamed.Count > 0)
        {
            return ToPublish(domain, policy, hosts, AdviceState.Wrong, Unnamed(policy, hosts, unnamed), "serve this file, which names every MX host, then publish the new id");
        }

        if (isStale)
        {
            var stale = $"the policy was changed, its id is still {memory.Id}: senders that remember the old one do not look for another";
            return ToPublish(domain, policy, null, AdviceState.Wrong, stale, "publish the new id");
        }

        if (policy.MaxAge < ShortestAge)
        {
            return ToPublish(
                domain, policy, hosts, AdviceState.Wrong, $"max_age is {policy.MaxAge.TotalSeconds:0} seconds: senders forget the policy within a day, and an attacker has only to wait", "serve this file, then publish the new id");
        }

        var note = (policy.Mode == MtaStsMode.Testing ? "; mode testing: faults are only reported, until the mode is enforce" : "; mode enforce")
            + (memory.IsRepeated ? "; the id is new, the policy is the same as before: if it was to change, the old file is still served" : "");
        return new RecordAdvice(Check, AdviceState.Ok, $"id {memory.Id}, for {Listed(policy.Patterns)}, kept for {Days(policy.MaxAge)}{note}", null);
    }

    private static string Unnamed(MtaStsPolicy policy, IReadOnlyList<string> hosts, List<string> unnamed)
    {
        var found = $"the policy's mx ({Listed(policy.Patterns)}) does not name MX {Listed(unnamed)}";
        return policy.Mode == MtaStsMode.Testing ? $"{found}: senders report it, and with mode enforce they would not deliver there"
            : unnamed.Count == hosts.Count ? $"{found}: with mode enforce, senders that obey it deliver nothing at all"
            : $"{found}: with mode enforce, senders that obey it do not deliver there";
    }

    /// <param name="policy">The one there is; null: a first one, which tests.</param>
    /// <param name="hosts">Without any there is no file to propose.</param>
    private RecordAdvice ToPublish(DomainName domain, MtaStsPolicy? policy, IReadOnlyList<string>? hosts, AdviceState state, string found, string remedy)
    {
        var id = time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var age = policy?.MaxAge >= ShortestAge ? policy.MaxAge : UsualAge;
        var mode = policy?.Mode == MtaStsMode.Enforce ? "enforce" : "testing";
        var patterns = string.Concat((hosts ?? []).Distinct(StringComparer.OrdinalIgnoreCase).Select(host => $"mx: {host}\n"));
        return new RecordAdvice(Check, state, found, remedy)
        {
            Records = [new RecordToPublish("TXT", "_mta-sts." + domain.Ascii, $"v=STSv1; id={id}")],
            File = hosts is { Count: > 0 } ? new FileToPublish(Url(domain), $"version: STSv1\nmode: {mode}\n{patterns}max_age: {age.TotalSeconds:0}\n") : null,
        };
    }

    private static string Url(DomainName domain) => $"https://mta-sts.{domain.Ascii}/.well-known/mta-sts.txt";

    private static string Days(TimeSpan age) => age.TotalDays < 2 ? $"{age.TotalHours:0} hours" : $"{age.TotalDays:0} days";

    private static string Listed(IReadOnlyList<string> names) =>
        AdviceText.Shown(string.Join(", ", names.Take(MaxListed)) + (names.Count > MaxListed ? $" and {names.Count - MaxListed} more" : ""));
}
