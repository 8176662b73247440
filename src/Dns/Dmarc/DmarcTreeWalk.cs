using Relay.Mail;

namespace Relay.Dns;

/// <summary>Finds the DMARC record that holds for a domain, and the organisation it belongs to, by walking up the tree (RFC 9989 §4.10).</summary>
/// <remarks>At most 8 look-ups: a name of more than 7 labels is cut to 7 behind the first. Several records at a name are none.</remarks>
/// <param name="lookup">TXT records of a name; the caller chooses past or through a cache.</param>
public sealed class DmarcTreeWalk(Func<string, CancellationToken, ValueTask<DnsAnswer<TxtRecord>>> lookup)
{
    private const int MostLabels = 7;

    public DmarcTreeWalk(IDnsResolver dns)
        : this(dns.LookupTxtAsync)
    {
    }

    public async ValueTask<DmarcFinding> FindAsync(DomainName domain, CancellationToken cancellationToken)
    {
        var found = new List<(string Name, DmarcRecord Record)>();
        string? trouble = null;
        for (var name = domain.Ascii; name.Length > 0; name = ParentOf(name))
        {
            var answer = await lookup("_dmarc." + name, cancellationToken);
            if (answer.IsTemporary)
            {
                trouble = $"TXT _dmarc.{name} could not be looked up";
                break;
            }

            if (Only(answer) is { } record)
            {
                found.Add((name, record));
                if (record.IsPublicSuffix is not null)
                {
                    break;
                }
            }
        }

        var organisation = OrganisationOf(domain, found);
        var own = found.FirstOrDefault(entry => entry.Name == domain.Ascii);
        var holding = own.Record is not null ? own : found.FirstOrDefault(entry => entry.Name == organisation.Ascii);
        holding = holding.Record is not null ? holding : found.FirstOrDefault(entry => entry.Record.IsPublicSuffix == true);

        // The domain's own record holds whatever stands above it.
        return new DmarcFinding(domain, organisation, holding.Name, holding.Record) { Trouble = trouble };
    }

    private static DomainName OrganisationOf(DomainName domain, List<(string Name, DmarcRecord Record)> found)
    {
        if (found.FirstOrDefault(entry => entry.Record.IsPublicSuffix == false) is { Name: { } sure })
        {
            return DomainName.Parse(sure);
        }

        if (found.FirstOrDefault(entry => entry.Record.IsPublicSuffix == true && entry.Name != domain.Ascii) is { Name: { } registry })
        {
            return DomainName.Parse(BelowOf(domain.Ascii, registry));
        }

        return found.Count > 0 ? DomainName.Parse(found[^1].Name) : domain;
    }

    // The name one label below the registry's on the way to the domain.
    private static string BelowOf(string domain, string registry)
    {
        var rest = domain[..^(registry.Length + 1)];
        return domain[(rest.LastIndexOf('.') + 1)..];
    }

    private static string ParentOf(string name)
    {
        var labels = name.Split('.');
        return string.Join('.', labels.Skip(Math.Max(1, labels.Length - MostLabels)));
    }

    private static DmarcRecord? Only(DnsAnswer<TxtRecord> answer)
    {
        var records = answer.Records.Select(record => DmarcRecord.TryParse(record.Text, out var parsed) ? parsed : null).OfType<DmarcRecord>().ToList();
        return records.Count == 1 ? records[0] : null;
    }
}

/// <param name="Organisation">The organisational domain; the domain itself where nothing was found.</param>
/// <param name="Name">Whose record it is; null: there is none.</param>
public sealed record DmarcFinding(DomainName Domain, DomainName Organisation, string? Name, DmarcRecord? Record)
{
    /// <summary>A look-up that failed, so that more may be found later; null: all answered.</summary>
    public string? Trouble { get; init; }

    /// <summary>What the record wants for this domain.</summary>
    public DmarcPolicy? Policy => Record is null ? null : Name == Domain.Ascii ? Record.Policy : Record.SubdomainPolicy ?? Record.Policy;

    /// <summary>The domain counts as that of From (RFC 9989 §4.4); relaxed: of the same organisation.</summary>
    /// <param name="other">Finding of the domain that was proved.</param>
    public bool IsAligned(DmarcFinding other, bool isStrict) =>
        Domain.Equals(other.Domain) || (!isStrict && Organisation.Equals(other.Organisation));
}
