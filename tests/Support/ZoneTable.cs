using System.Collections.Concurrent;
using System.Net;
using Relay.Dns;

namespace Relay.Tests.Support;

/// <summary>The DNS of a test, held in memory. Answers at once; what it was not told does not exist. Thread safe.</summary>
/// <remarks>
/// A name with any record exists: other types at it are NoData. Records of a name add up. Builder methods return the table:
/// <c>new ZoneTable().Mx("example.com", 10, "mx.example.com").Address("mx.example.com", "192.0.2.1")</c>.
/// </remarks>
public sealed class ZoneTable : IDnsResolver, IZoneResolver
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<object>> _records = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, (DnsStatus Status, string? Detail)> _failures = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _authentic = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentQueue<string> _lookups = new();

    /// <summary>Of every answer, positive or negative. 5 minutes unless a test says otherwise.</summary>
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>What was asked so far, in order, as <c>MX example.com</c>; addresses as <c>ADDRESS</c>.</summary>
    public IReadOnlyList<string> Lookups => [.. _lookups];

    public ZoneTable Mx(string name, int preference, string exchange) => Add(name, new MxRecord(preference, exchange));

    /// <summary>The domain takes no mail (RFC 7505).</summary>
    public ZoneTable NullMx(string name) => Mx(name, 0, string.Empty);

    /// <summary>A and AAAA records, by the family of each address.</summary>
    public ZoneTable Address(string name, params string[] addresses)
    {
        foreach (var address in addresses)
        {
            Add(name, new AddressRecord(IPAddress.Parse(address)));
        }

        return this;
    }

    public ZoneTable Txt(string name, string text) => Add(name, new TxtRecord(text));

    public ZoneTable Tlsa(string name, byte usage, byte selector, byte matchingType, ReadOnlyMemory<byte> data) =>
        Add(name, new TlsaRecord(usage, selector, matchingType, data));

    public ZoneTable Ptr(string address, string name) => Add(ReverseKey(IPAddress.Parse(address)), new PtrRecord(name));

    /// <summary>All lookups of one name lead to another, as with a CNAME.</summary>
    public ZoneTable Alias(string name, string target) => Add(name, new Link(target));

    /// <summary>Every lookup of <paramref name="name"/> ends so; <see cref="DnsStatus.NoData"/> makes an empty name exist.</summary>
    public ZoneTable Fails(string name, DnsStatus status, string? detail = null)
    {
        lock (_gate)
        {
            _failures[name] = (status, detail);
        }

        return this;
    }

    /// <summary>Answers for this name, negative ones too, are DNSSEC authentic.</summary>
    public ZoneTable Authentic(params string[] names)
    {
        lock (_gate)
        {
            _authentic.UnionWith(names);
        }

        return this;
    }

    /// <summary>Forgets everything about a name, failures as well.</summary>
    public ZoneTable Remove(string name)
    {
        lock (_gate)
        {
            _records.Remove(name);
            _failures.Remove(name);
            _authentic.Remove(name);
        }

        return this;
    }

    public ValueTask<DnsAnswer<MxRecord>> LookupMxAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync<MxRecord>("MX", name, cancellationToken);

    public ValueTask<DnsAnswer<AddressRecord>> LookupAddressesAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync<AddressRecord>("ADDRESS", name, cancellationToken);

    public ValueTask<DnsAnswer<TxtRecord>> LookupTxtAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync<TxtRecord>("TXT", name, cancellationToken);

    public ValueTask<DnsAnswer<TlsaRecord>> LookupTlsaAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync<TlsaRecord>("TLSA", name, cancellationToken);

    public ValueTask<DnsAnswer<PtrRecord>> LookupPtrAsync(IPAddress address, CancellationToken cancellationToken) =>
        LookupAsync<PtrRecord>("PTR", ReverseKey(address), cancellationToken);

    public ValueTask<DnsAnswer<AliasRecord>> LookupAliasAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _lookups.Enqueue($"CNAME {name}");
        lock (_gate)
        {
            AliasRecord[] links = _records.TryGetValue(name, out var records) ? [.. records.OfType<Link>().Select(link => new AliasRecord(link.Target))] : [];
            return ValueTask.FromResult(
                _failures.TryGetValue(name, out var failure) ? Answer<AliasRecord>(name, failure.Status, [])
                : links.Length > 0 ? Answer(name, DnsStatus.Success, links)
                : Answer<AliasRecord>(name, records is null ? DnsStatus.NoSuchDomain : DnsStatus.NoData, []));
        }
    }

    private static string ReverseKey(IPAddress address) =>
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    private ZoneTable Add(string name, object record)
    {
        lock (_gate)
        {
            if (!_records.TryGetValue(name, out var records))
            {
                _records.Add(name, records = []);
            }

            records.Add(record);
        }

        return this;
    }

    private ValueTask<DnsAnswer<T>> LookupAsync<T>(string type, string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _lookups.Enqueue($"{type} {name}");
        lock (_gate)
        {
            return ValueTask.FromResult(Find<T>(name, hops: 0));
        }
    }

    private DnsAnswer<T> Find<T>(string name, int hops)
    {
        if (hops > 8)
        {
            return new DnsAnswer<T>(DnsStatus.ServerFailure, []) { Detail = "more than 8 CNAMEs in a row" };
        }

        if (_failures.TryGetValue(name, out var failure))
        {
            return Answer<T>(name, failure.Status, []) with { Detail = failure.Detail };
        }

        if (!_records.TryGetValue(name, out var records))
        {
            return Answer<T>(name, DnsStatus.NoSuchDomain, []);
        }

        if (records.OfType<Link>().FirstOrDefault() is { } link)
        {
            var answer = Find<T>(link.Target, hops + 1);
            return answer with { IsAuthentic = answer.IsAuthentic && _authentic.Contains(name) };
        }

        T[] found = [.. records.OfType<T>()];
        return Answer<T>(name, found.Length > 0 ? DnsStatus.Success : DnsStatus.NoData, found);
    }

    private DnsAnswer<T> Answer<T>(string name, DnsStatus status, IReadOnlyList<T> records) => new(status, records)
    {
        TimeToLive = TimeToLive,
        IsAuthentic = status is not (DnsStatus.ServerFailure or DnsStatus.Timeout) && _authentic.Contains(name),
    };

    private sealed record Link(string Target);
}
