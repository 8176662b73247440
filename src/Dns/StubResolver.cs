using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Relay.Dns;

/// <summary>Asks recursive servers and reads what they say; keeps nothing (<see cref="DnsCache"/> does). Thread safe.</summary>
/// <remarks>
/// 1. The name is checked: one that DNS cannot hold answers <see cref="DnsStatus.NoSuchDomain"/> without a query, for no
/// waiting would make it exist. 2. The servers are asked in order, <see cref="ResolverOptions.Attempts"/> rounds: UDP, TCP when
/// truncated, the next server after silence, SERVFAIL, REFUSED, NOTIMP or nonsense. 3. CNAMEs are followed in the answer and
/// by further questions, at most 8. 4. When no server helped: <see cref="DnsStatus.ServerFailure"/> if any of them said
/// anything, else <see cref="DnsStatus.Timeout"/>. Answers to anything but the question asked are passed over (RFC 5452 §9.1).
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim whose wait handle nobody takes holds nothing to dispose of")]
public sealed class StubResolver : IDnsResolver
{
    /// <summary>How long a failure may be kept (RFC 9520 §3.2 wants at least one second).</summary>
    internal static readonly TimeSpan FailureLifetime = TimeSpan.FromSeconds(5);

    /// <summary>Names that cannot exist do not appear in an hour either.</summary>
    private static readonly TimeSpan ImpossibleNameLifetime = TimeSpan.FromHours(1);

    // Each query holds a socket; beyond this many at once they wait their turn.
    private const int MaxConcurrentQueries = 256;

    private readonly ResolverOptions _options;
    private readonly TimeProvider _time;
    private readonly ServerList _servers;
    private readonly ServerExchange _exchange;
    private readonly SemaphoreSlim _slots = new(MaxConcurrentQueries);

    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public StubResolver(ResolverOptions options, TimeProvider time, ILogger<StubResolver>? logger = null)
        : this(options, time, logger, SystemServers.ResolvConfPath)
    {
    }

    internal StubResolver(ResolverOptions options, TimeProvider time, ILogger<StubResolver>? logger, string resolvConfPath)
    {
        options.Validate();
        _options = options;
        _time = time;
        _servers = new ServerList(options.Servers, time, logger ?? NullLogger<StubResolver>.Instance, resolvConfPath);
        _exchange = new ServerExchange(options, time);
    }

    public ValueTask<DnsAnswer<MxRecord>> LookupMxAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync<MxRecord>(name, RecordType.Mx, cancellationToken);

    /// <summary>IPv4 addresses first, then IPv6; which to dial first is the dialer's matter.</summary>
    public async ValueTask<DnsAnswer<AddressRecord>> LookupAddressesAsync(string name, CancellationToken cancellationToken)
    {
        var ipv4 = LookupAsync<AddressRecord>(name, RecordType.A, cancellationToken).AsTask();
        var ipv6 = LookupAsync<AddressRecord>(name, RecordType.Aaaa, cancellationToken).AsTask();
        await Task.WhenAll(ipv4, ipv6);
        return AddressAnswers.Combine(await ipv4, await ipv6);
    }

    public ValueTask<DnsAnswer<TxtRecord>> LookupTxtAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync<TxtRecord>(name, RecordType.Txt, cancellationToken);

    public ValueTask<DnsAnswer<TlsaRecord>> LookupTlsaAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync<TlsaRecord>(name, RecordType.Tlsa, cancellationToken);

    public ValueTask<DnsAnswer<PtrRecord>> LookupPtrAsync(IPAddress address, CancellationToken cancellationToken) =>
        LookupAsync<PtrRecord>(DnsName.Reverse(address), RecordType.Ptr, cancellationToken);

    /// <summary>The name servers of exactly this name; none below a zone's top.</summary>
    internal ValueTask<DnsAnswer<NsRecord>> LookupNsAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync<NsRecord>(name, RecordType.Ns, cancellationToken);

    /// <summary>The name's own alias, not followed.</summary>
    internal ValueTask<DnsAnswer<AliasRecord>> LookupAliasAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync<AliasRecord>(name, RecordType.Cname, cancellationToken);

    private async ValueTask<DnsAnswer<T>> LookupAsync<T>(string name, RecordType type, CancellationToken cancellationToken)
    {
        if (!DnsName.IsHostText(name))
        {
            return new DnsAnswer<T>(DnsStatus.NoSuchDomain, [])
            {
                TimeToLive = ImpossibleNameLifetime,
                Detail = "not a name that DNS can hold",
            };
        }

        var started = _time.GetTimestamp();
        var chain = new AliasChain<T>(name);
        bool isComplete;
        do
        {
            var reply = await AskServersAsync(chain.Name, type, started, cancellationToken);
            if (!reply.IsAnswer)
            {
                return new DnsAnswer<T>(reply.Failure, []) { Detail = reply.Detail, TimeToLive = FailureLifetime };
            }

            isComplete = chain.Extend(reply.Message, reply.IsAuthentic);
        }
        while (!isComplete);

        return chain.ToAnswer(FailureLifetime);
    }

    private async ValueTask<DnsReply> AskServersAsync(
        string name, RecordType type, long started, CancellationToken cancellationToken)
    {
        var servers = _servers.InOrder();
        var budget = _options.Timeout * _options.Attempts * servers.Count;
        var failures = new List<DnsReply>();
        for (var attempt = 0; attempt < _options.Attempts; attempt++)
        {
            foreach (var server in servers)
            {
                var remaining = budget - _time.GetElapsedTime(started);
                if (remaining <= TimeSpan.Zero)
                {
                    return Summarize(failures);
                }

                var reply = await AskServerAsync(server, name, type, remaining, cancellationToken);
                if (reply.IsAnswer)
                {
                    return reply;
                }

                failures.Add(reply);
            }
        }

        return Summarize(failures);
    }

    private async ValueTask<DnsReply> AskServerAsync(
        IPEndPoint server, string name, RecordType type, TimeSpan remaining, CancellationToken cancellationToken)
    {
        if (!await WaitForSlotAsync(remaining, cancellationToken))
        {
            return DnsReply.Failed(DnsStatus.Timeout, "too many lookups at once");
        }

        try
        {
            var reply = await _exchange.AskAsync(server, name, type, cancellationToken);
            if (reply.Failure == DnsStatus.Timeout)
            {
                _servers.DidNotAnswer(server);
            }
            else
            {
                _servers.Answered(server);
            }

            return reply;
        }
        finally
        {
            _slots.Release();
        }
    }

    private async ValueTask<bool> WaitForSlotAsync(TimeSpan remaining, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(remaining, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _slots.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static DnsReply Summarize(List<DnsReply> failures)
    {
        if (failures.Count == 0)
        {
            return DnsReply.Failed(DnsStatus.Timeout, "the time for this lookup was used up by earlier links of its CNAME chain");
        }

        var status = failures.Exists(f => f.Failure == DnsStatus.ServerFailure) ? DnsStatus.ServerFailure : DnsStatus.Timeout;
        return DnsReply.Failed(status, string.Join("; ", failures.Select(f => f.Detail).Distinct()));
    }
}
