using System.Net;

namespace Relay.Dns;

/// <summary>Asks the name servers of a zone themselves, so that a record published a moment ago is seen.</summary>
/// <remarks>
/// 1. Find the zone: NS of the name, then of its parents, from the recursive servers. 2. Find the addresses of at most
/// <see cref="MaxServers"/> of its servers; <see cref="TargetPolicy"/> judges each, for whoever runs the zone chose them.
/// 3. Ask them in turn; only an authoritative answer counts. 4. An answer that leads out of the zone by CNAME, or no answer,
/// sends the question to the recursive servers, uncached here. Thread safe.
/// </remarks>
public sealed class ZoneResolver : IZoneResolver
{
    internal const int MaxServers = 4;

    private const int DnsPort = 53;

    private readonly StubResolver _recursive;
    private readonly TargetPolicy _policy;
    private readonly ServerExchange _exchange;
    private readonly int _port;

    public ZoneResolver(StubResolver recursive, TargetPolicy policy, ResolverOptions options, TimeProvider time)
        : this(recursive, policy, options, time, DnsPort)
    {
    }

    /// <param name="port">Where name servers listen; another than 53 is for tests.</param>
    internal ZoneResolver(StubResolver recursive, TargetPolicy policy, ResolverOptions options, TimeProvider time, int port)
    {
        _recursive = recursive;
        _policy = policy;
        _exchange = new ServerExchange(options, time);
        _port = port;
    }

    public ValueTask<DnsAnswer<TxtRecord>> LookupTxtAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync(name, RecordType.Txt, _recursive.LookupTxtAsync, cancellationToken);

    public ValueTask<DnsAnswer<MxRecord>> LookupMxAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync(name, RecordType.Mx, _recursive.LookupMxAsync, cancellationToken);

    public ValueTask<DnsAnswer<AliasRecord>> LookupAliasAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync(name, RecordType.Cname, _recursive.LookupAliasAsync, cancellationToken);

    private async ValueTask<DnsAnswer<T>> LookupAsync<T>(
        string name, RecordType type, Func<string, CancellationToken, ValueTask<DnsAnswer<T>>> recursive, CancellationToken cancellationToken)
    {
        if (!DnsName.IsHostText(name))
        {
            return await recursive(name, cancellationToken);
        }

        foreach (var server in await FindServersAsync(name, cancellationToken))
        {
            var reply = await _exchange.AskAsync(server, name, type, cancellationToken);
            if (reply.Message is not { IsAuthoritative: true } message)
            {
                continue;
            }

            var chain = new AliasChain<T>(name);
            if (chain.Extend(message, isAuthentic: false))
            {
                return chain.ToAnswer(StubResolver.FailureLifetime);
            }

            break;
        }

        return await recursive(name, cancellationToken);
    }

    private async ValueTask<IReadOnlyList<IPEndPoint>> FindServersAsync(string name, CancellationToken cancellationToken)
    {
        var servers = new List<IPEndPoint>();
        foreach (var host in (await FindHostsAsync(name, cancellationToken)).Take(MaxServers))
        {
            var addresses = await _recursive.LookupAddressesAsync(host.Host, cancellationToken);
            servers.AddRange(addresses.Records.Where(record => _policy.Allows(record.Address, out _)).Take(1).Select(record => new IPEndPoint(record.Address, _port)));
        }

        return servers;
    }

    /// <summary>The nearest NS records at or above the name; those of a top-level domain would only refer us back.</summary>
    private async ValueTask<IReadOnlyList<NsRecord>> FindHostsAsync(string name, CancellationToken cancellationToken)
    {
        while (name.Contains('.', StringComparison.Ordinal))
        {
            var answer = await _recursive.LookupNsAsync(name, cancellationToken);
            if (answer.IsSuccess || answer.IsTemporary)
            {
                return answer.Records;
            }

            name = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
        }

        return [];
    }
}
