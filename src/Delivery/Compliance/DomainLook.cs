using System.Net;
using Relay.Dkim;
using Relay.Dns;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Delivery;

/// <summary>One look at DNS as a receiver of mail from a domain would take it.</summary>
/// <remarks>1. A DKIM key that signs and is published. 2. SPF for every public address we send from. 3. The DMARC record. 4. Whether 1 or 2 is aligned with From. 5. The names of our addresses. 6. TLS.</remarks>
internal sealed class DomainLook(
    IDnsResolver dns, IDkimKeySource keys, IBounceHosts hosts, EgressPools pools, AddressCheck isPublic, ReverseNameCheck names, DeliveryOptions options, TimeProvider time)
{
    public async ValueTask<DomainFacts> LookAsync(DomainQuestion question, CancellationToken cancellationToken)
    {
        var notes = new Notes();
        var envelope = await EnvelopeAsync(question, cancellationToken);
        var walk = new DmarcTreeWalk(dns);
        var from = await walk.FindAsync(question.From, cancellationToken);
        var sender = envelope.Equals(question.From) ? from : await walk.FindAsync(envelope, cancellationToken);
        var signed = await KeysAsync(question.From, notes, cancellationToken);
        var passes = await SpfAsync(envelope, notes, cancellationToken);
        Dmarc(from, notes);
        await AlignmentAsync(from, sender, signed, passes, walk, notes, cancellationToken);
        await NamesAsync(notes, cancellationToken);
        if (options.SiteDefaults.Tls == DeliveryTlsMode.None || options.AnySite.Tls == DeliveryTlsMode.None)
        {
            notes.Broken(ComplianceRules.Tls, "mail is sent without TLS");
        }

        return new DomainFacts(question.From, envelope, time.GetUtcNow(), notes.Findings, notes.Unknown, notes.Good);
    }

    // What stands in MAIL is ours where the domain has a bounce host.
    private async ValueTask<DomainName> EnvelopeAsync(DomainQuestion question, CancellationToken cancellationToken) =>
        options.UseReturnPaths && await hosts.FindAsync(question.AccountId, question.From.Ascii, cancellationToken) is { } host
            ? DomainName.Parse(host)
            : question.Envelope;

    /// <returns>The domain that signs with a key receivers can find; null: none, or not known.</returns>
    private async ValueTask<DomainName?> KeysAsync(DomainName from, Notes notes, CancellationToken cancellationToken)
    {
        var active = await keys.FindActiveAsync(from, cancellationToken);
        if (active.Count == 0)
        {
            notes.Broken(ComplianceRules.DkimKey, $"there is no key that signs for {from}");
            return null;
        }

        DomainName? signed = null;
        var problems = new List<string>();
        foreach (var key in active)
        {
            var answer = await dns.LookupTxtAsync(key.RecordName, cancellationToken);
            if (answer.IsTemporary)
            {
                notes.Unknown.Add($"dkim-key: TXT {key.RecordName} could not be looked up");
            }
            else if (answer.Records.Any(record => IsKey(record.Text, key)))
            {
                notes.Good.Add($"dkim-key: {key.RecordName} is published");
                signed = DomainName.Parse(key.Domain);
            }
            else
            {
                problems.Add(answer.Records.Count == 0 ? $"{key.RecordName} is not published" : $"{key.RecordName} holds another key");
            }
        }

        // A receiver that cannot verify one signature takes the other.
        if (problems.Count == active.Count)
        {
            notes.Broken(ComplianceRules.DkimKey, string.Join(", ", problems));
        }

        return signed;
    }

    private static bool IsKey(string text, DkimKey key) =>
        DkimKeyRecord.TryParse(text, out var published, out _)
        && DkimKeyRecord.TryParse(key.PublicRecord, out var ours, out _)
        && published.KeyType == ours.KeyType
        && published.PublicKey.Span.SequenceEqual(ours.PublicKey.Span)
        && published is { AllowsSha256: true, AllowsEmail: true };

    /// <returns>True: every address passes; null: not known.</returns>
    private async ValueTask<bool?> SpfAsync(DomainName envelope, Notes notes, CancellationToken cancellationToken)
    {
        var evaluator = new SpfEvaluator(dns, options.Hostname, time);
        var addresses = PublicAddresses();
        if (addresses.Count == 0)
        {
            // Whatever the record says of other addresses: whether there is one that can be read is known.
            var any = await CheckAsync(evaluator, IPAddress.Parse("192.0.2.1"), envelope, options.Hostname, cancellationToken);
            if (any.Outcome is SpfOutcome.None or SpfOutcome.PermError)
            {
                notes.Broken(ComplianceRules.Spf, any.Reason);
                return false;
            }

            notes.Unknown.Add($"spf: the system chooses the sending address, so that it cannot be said whether {envelope} allows it; name it under [egress.source]");
            return null;
        }

        bool? passes = true;
        foreach (var (address, ehlo) in addresses)
        {
            var result = await CheckAsync(evaluator, address, envelope, ehlo, cancellationToken);
            var text = $"{address} for {envelope}: {result.Word}, {result.Reason}";
            switch (result.Outcome)
            {
                case SpfOutcome.Pass:
                    notes.Good.Add("spf: " + text);
                    break;
                case SpfOutcome.TempError:
                    notes.Unknown.Add("spf: " + text);
                    passes = passes == false ? false : null;
                    break;
                default:
                    notes.Broken(ComplianceRules.Spf, text);
                    passes = false;
                    break;
            }
        }

        return passes;
    }

    private static ValueTask<SpfResult> CheckAsync(SpfEvaluator evaluator, IPAddress address, DomainName envelope, string ehlo, CancellationToken cancellationToken) =>
        evaluator.CheckAsync(SpfQuestion.Of(address, "postmaster@" + envelope.Ascii, ehlo), cancellationToken);

    private List<(IPAddress Address, string Ehlo)> PublicAddresses() =>
        [.. pools.Sources.SelectMany(source => source.Addresses.Where(address => isPublic(address, out _)).Select(address => (address, source.EhloName)))];

    private static void Dmarc(DmarcFinding from, Notes notes)
    {
        if (from.Record is not null)
        {
            notes.Good.Add($"dmarc: _dmarc.{from.Name} holds for {from.Domain}, p={from.Policy!.Value.ToString().ToLowerInvariant()}");
        }
        else if (from.Trouble is { } trouble)
        {
            notes.Unknown.Add("dmarc: " + trouble);
        }
        else
        {
            notes.Broken(ComplianceRules.Dmarc, $"neither {from.Domain} nor a domain above it has a DMARC record");
        }
    }

    private static async ValueTask AlignmentAsync(
        DmarcFinding from, DmarcFinding sender, DomainName? signed, bool? passes, DmarcTreeWalk walk, Notes notes, CancellationToken cancellationToken)
    {
        var byKey = signed is not null && from.IsAligned(await walk.FindAsync(signed, cancellationToken), from.Record?.IsDkimStrict == true);
        var bySender = from.IsAligned(sender, from.Record?.IsSpfStrict == true);
        if (byKey || (passes == true && bySender))
        {
            notes.Good.Add($"dmarc-alignment: {(byKey ? $"DKIM of {signed}" : $"SPF of {sender.Domain}")} is aligned with {from.Domain}");
        }
        else if (notes.Unknown.Count > 0)
        {
            notes.Unknown.Add("dmarc-alignment: depends on what is not known");
        }
        else
        {
            notes.Broken(ComplianceRules.Alignment, $"neither DKIM nor SPF proves a domain of {from.Organisation}, so that DMARC fails");
        }
    }

    private async ValueTask NamesAsync(Notes notes, CancellationToken cancellationToken)
    {
        foreach (var (address, ehlo) in PublicAddresses())
        {
            var finding = await names.CheckAsync(address, ehlo, cancellationToken);
            if (finding.Problem is null)
            {
                notes.Good.Add($"ptr: {address} is {finding.Name}");
            }
            else if (finding.IsUnknown)
            {
                notes.Unknown.Add($"ptr: {address} {finding.Problem}");
            }
            else
            {
                notes.Broken(ComplianceRules.Ptr, $"{address}: {finding.Problem}");
            }
        }
    }

    private sealed class Notes
    {
        public List<ComplianceFinding> Findings { get; } = [];

        public List<string> Unknown { get; } = [];

        public List<string> Good { get; } = [];

        public void Broken(ComplianceRule rule, string found) => Findings.Add(new ComplianceFinding(rule, found));
    }
}
