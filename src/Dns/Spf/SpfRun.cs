using System.Net;
using System.Text;

namespace Relay.Dns;

/// <summary>One evaluation with its count of look-ups.</summary>
internal sealed class SpfRun(IDnsResolver dns, SpfQuestion question, string receiver, TimeProvider time)
{
    private const int MaxLookups = 10;
    private const int MaxVoids = 2;
    private const int MaxHosts = 10;
    private const int MaxNameLength = 253;
    private const int MaxExplanation = 500;

    private int _lookups;
    private int _voids;
    private IReadOnlyList<string>? _names;

    public SpfResult ResultOf(SpfVerdict verdict) =>
        new(verdict.Outcome, question.Domain, verdict.Reason) { Lookups = Math.Min(_lookups, MaxLookups + 1), VoidLookups = _voids };

    /// <summary>check_host() of the first domain.</summary>
    public async ValueTask<SpfVerdict> CheckAsync(string domain, CancellationToken cancellationToken)
    {
        try
        {
            return await EvaluateAsync(domain, cancellationToken);
        }
        catch (SpfStopException stop)
        {
            return new SpfVerdict(stop.Outcome, domain, stop.Message);
        }
    }

    /// <summary>RFC 7208 §6.2; whatever is wrong with it: no explanation.</summary>
    public async ValueTask<string?> ExplainAsync(SpfMacroText where, string domain, CancellationToken cancellationToken)
    {
        var name = Shorten(where.Expand(await ValuesAsync(where, domain, cancellationToken)));
        if (!IsName(name))
        {
            return null;
        }

        var answer = await dns.LookupTxtAsync(name.TrimEnd('.'), cancellationToken);
        if (answer.Records is not [{ } record] || !Ascii.IsValid(record.Text) || !SpfMacroText.TryParse(record.Text, isExplanation: true, out var text))
        {
            return null;
        }

        var explanation = text.Expand(await ValuesAsync(text, domain, cancellationToken));
        return explanation.Length > MaxExplanation ? explanation[..MaxExplanation] : explanation;
    }

    private async ValueTask<SpfVerdict> EvaluateAsync(string domain, CancellationToken cancellationToken)
    {
        if (!IsName(domain) || !domain.TrimEnd('.').Contains('.', StringComparison.Ordinal))
        {
            return new SpfVerdict(SpfOutcome.None, domain, $"{Shown(domain)} is no domain name");
        }

        var answer = await dns.LookupTxtAsync(domain.TrimEnd('.'), cancellationToken);
        if (answer.IsTemporary)
        {
            throw new SpfStopException(SpfOutcome.TempError, $"TXT of {Shown(domain)} could not be looked up");
        }

        var meant = answer.Records.Where(record => SpfRecord.IsMeant(record.Text)).ToList();
        if (meant.Count != 1)
        {
            return meant.Count == 0
                ? new SpfVerdict(SpfOutcome.None, domain, $"{Shown(domain)} has no SPF record")
                : throw new SpfStopException(SpfOutcome.PermError, $"{Shown(domain)} has {meant.Count} SPF records; one is allowed");
        }

        return SpfRecord.TryParse(meant[0].Text, out var record, out var problem)
            ? await EvaluateAsync(record, domain, cancellationToken)
            : throw new SpfStopException(SpfOutcome.PermError, $"SPF record of {Shown(domain)}: {problem}");
    }

    private async ValueTask<SpfVerdict> EvaluateAsync(SpfRecord record, string domain, CancellationToken cancellationToken)
    {
        foreach (var term in record.Terms)
        {
            if (await MatchesAsync(term, domain, cancellationToken))
            {
                return new SpfVerdict(term.Result, domain, $"{term.Written} of {Shown(domain)} matches") { Explanation = record.Explanation };
            }
        }

        if (record.Redirect is not { } redirect)
        {
            return new SpfVerdict(SpfOutcome.Neutral, domain, $"nothing in the SPF record of {Shown(domain)} matches");
        }

        CountLookup();
        var target = await TargetAsync(redirect, domain, cancellationToken);
        var verdict = await EvaluateAsync(target, cancellationToken);
        return verdict.Outcome == SpfOutcome.None
            ? throw new SpfStopException(SpfOutcome.PermError, $"{Shown(domain)} redirects to {Shown(target)}, which has no SPF record")
            : verdict;
    }

    private async ValueTask<bool> MatchesAsync(SpfTerm term, string domain, CancellationToken cancellationToken)
    {
        if (term.Mechanism is not (SpfMechanism.All or SpfMechanism.Ip4 or SpfMechanism.Ip6))
        {
            CountLookup();
        }

        var target = term.Domain is null ? domain : await TargetAsync(term.Domain, domain, cancellationToken);
        return term.Mechanism switch
        {
            SpfMechanism.All => true,
            SpfMechanism.Ip4 or SpfMechanism.Ip6 => term.Holds(question.Address, term.Network!),
            SpfMechanism.A => await HasAddressAsync(term, target, cancellationToken),
            SpfMechanism.Mx => await HasExchangeAsync(term, target, cancellationToken),
            SpfMechanism.Ptr => (await NamesAsync(cancellationToken)).Any(name => IsWithin(name, target)),
            SpfMechanism.Exists => await ExistsAsync(target, cancellationToken),
            _ => await IncludesAsync(domain, target, cancellationToken),
        };
    }

    // RFC 7208 §5.2: only a pass of the other record is a match; what is wrong with it is wrong with ours.
    private async ValueTask<bool> IncludesAsync(string domain, string target, CancellationToken cancellationToken)
    {
        var verdict = await EvaluateAsync(target, cancellationToken);
        return verdict.Outcome == SpfOutcome.None
            ? throw new SpfStopException(SpfOutcome.PermError, $"{Shown(domain)} includes {Shown(target)}, which has no SPF record")
            : verdict.Outcome == SpfOutcome.Pass;
    }

    private async ValueTask<bool> HasAddressAsync(SpfTerm term, string name, CancellationToken cancellationToken)
    {
        var addresses = await AddressesAsync(name, cancellationToken);
        return addresses.Any(address => term.Holds(question.Address, address));
    }

    private async ValueTask<bool> HasExchangeAsync(SpfTerm term, string name, CancellationToken cancellationToken)
    {
        if (!IsName(name))
        {
            return false;
        }

        var answer = await dns.LookupMxAsync(name.TrimEnd('.'), cancellationToken);
        Require(answer, "MX", name);
        if (answer.Records.Count > MaxHosts)
        {
            throw new SpfStopException(SpfOutcome.PermError, $"{Shown(name)} has {answer.Records.Count} MX hosts; SPF allows {MaxHosts}");
        }

        foreach (var exchange in answer.Records.Where(record => !record.IsNull))
        {
            if (await HasAddressAsync(term, exchange.Exchange, cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    // An A record, whatever the family of the client (RFC 7208 §5.7).
    private async ValueTask<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        if (!IsName(name))
        {
            return false;
        }

        var answer = await dns.LookupAddressesAsync(name.TrimEnd('.'), cancellationToken);
        var found = answer.Records.Any(record => record.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork);
        Require(found ? answer : answer with { Records = [] }, "A", name);
        return found;
    }

    private async ValueTask<IReadOnlyList<IPAddress>> AddressesAsync(string name, CancellationToken cancellationToken)
    {
        if (!IsName(name))
        {
            return [];
        }

        var answer = await dns.LookupAddressesAsync(name.TrimEnd('.'), cancellationToken);
        var ours = answer with { Records = [.. answer.Records.Where(record => record.Address.AddressFamily == question.Address.AddressFamily)] };
        Require(ours, "address", name);
        return [.. ours.Records.Select(record => record.Address)];
    }

    /// <summary>Names of the client that lead back to it (RFC 7208 §5.5); trouble with them is no match. Looked up once.</summary>
    private async ValueTask<IReadOnlyList<string>> NamesAsync(CancellationToken cancellationToken)
    {
        if (_names is not null)
        {
            return _names;
        }

        var found = new List<string>();
        var reverse = await dns.LookupPtrAsync(question.Address, cancellationToken);
        CountVoid(reverse.Records.Count == 0 && !reverse.IsTemporary, "PTR", question.Address.ToString());
        foreach (var record in reverse.Records.Take(MaxHosts).Where(record => IsName(record.Name)))
        {
            var answer = await dns.LookupAddressesAsync(record.Name.TrimEnd('.'), cancellationToken);
            if (answer.Records.Any(address => address.Address.Equals(question.Address)))
            {
                found.Add(record.Name.TrimEnd('.'));
            }
        }

        return _names = found;
    }

    // The domain itself before one below it before any (RFC 7208 §7.3).
    private async ValueTask<SpfMacroValues> ValuesAsync(SpfMacroText text, string domain, CancellationToken cancellationToken)
    {
        var name = "unknown";
        if (text.NeedsName)
        {
            var names = await NamesAsync(cancellationToken);
            name = names.FirstOrDefault(known => known.Equals(domain, StringComparison.OrdinalIgnoreCase))
                ?? names.FirstOrDefault(known => IsWithin(known, domain))
                ?? (names is [var any, ..] ? any : name);
        }

        return new SpfMacroValues(question, domain.TrimEnd('.'), name, receiver, time.GetUtcNow());
    }

    private async ValueTask<string> TargetAsync(SpfMacroText text, string domain, CancellationToken cancellationToken) =>
        Shorten(text.Expand(await ValuesAsync(text, domain, cancellationToken)));

    private void CountLookup()
    {
        if (++_lookups > MaxLookups)
        {
            throw new SpfStopException(SpfOutcome.PermError, $"the SPF record of {Shown(question.Domain)} needs more than {MaxLookups} DNS look-ups (RFC 7208 section 4.6.4)");
        }
    }

    private void Require<T>(DnsAnswer<T> answer, string type, string name)
    {
        if (answer.IsTemporary)
        {
            throw new SpfStopException(SpfOutcome.TempError, $"{type} of {Shown(name)} could not be looked up");
        }

        CountVoid(answer.Records.Count == 0, type, name);
    }

    private void CountVoid(bool isVoid, string type, string name)
    {
        if (isVoid && ++_voids > MaxVoids)
        {
            throw new SpfStopException(
                SpfOutcome.PermError, $"the SPF record of {Shown(question.Domain)} makes more than {MaxVoids} look-ups that find nothing, the last one {type} {Shown(name)}");
        }
    }

    // RFC 7208 §7.3: labels are dropped from the left until the name fits.
    private static string Shorten(string name)
    {
        while (name.TrimEnd('.').Length > MaxNameLength && name.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0)
        {
            name = name[(dot + 1)..];
        }

        return name;
    }

    // Any name DNS can be asked for: owners use underscores and more.
    private static bool IsName(string name)
    {
        var labels = name.TrimEnd('.').Split('.');
        return name.Length is > 0 and <= MaxNameLength + 1
            && !name.EndsWith("..", StringComparison.Ordinal)
            && Array.TrueForAll(labels, label => label.Length is > 0 and <= 63)
            && name[0] != '['
            && name.All(c => c is >= ' ' and <= '~');
    }

    private static bool IsWithin(string name, string domain)
    {
        domain = domain.TrimEnd('.');
        return name.Equals(domain, StringComparison.OrdinalIgnoreCase) || name.EndsWith("." + domain, StringComparison.OrdinalIgnoreCase);
    }

    private static string Shown(string name) => new([.. name.Take(MaxNameLength).Select(c => c is > ' ' and <= '~' ? c : '?')]);
}
