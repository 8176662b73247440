using System.Net;

namespace Relay.Dns;

/// <summary>Keeps the answers of another resolver for their lifetime, and asks it once for what several want at once.</summary>
/// <remarks>
/// Bounded: records live at most a day, negative answers an hour, failures 5 seconds, and the least recently used go first when
/// room is short. A query is shared by all who want it and runs on its own: a caller that cancels leaves the others alone,
/// and the resolver's own time bounds end it. Thread safe.
/// </remarks>
public sealed class DnsCache : IDnsResolver
{
    internal static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(1);
    internal static readonly TimeSpan MaxNegativeLifetime = TimeSpan.FromHours(1);
    internal static readonly TimeSpan MaxFailureLifetime = TimeSpan.FromSeconds(5);

    private readonly IDnsResolver _inner;
    private readonly TimeProvider _time;
    private readonly AnswerTable _answers;
    private readonly Lock _gate = new();
    private readonly Dictionary<CacheKey, Task> _underWay = [];

    /// <param name="maxEntries">See <see cref="ResolverOptions.CacheEntries"/>; 0 only shares queries under way.</param>
    public DnsCache(IDnsResolver inner, int maxEntries, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxEntries);
        _inner = inner;
        _time = time;
        _answers = new AnswerTable(maxEntries);
    }

    /// <summary>Answers kept, expired ones included until somebody asks for them or room is short.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _answers.Count;
            }
        }
    }

    public ValueTask<DnsAnswer<MxRecord>> LookupMxAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync(new CacheKey(name, RecordType.Mx), static (r, n) => r.LookupMxAsync(n, CancellationToken.None), cancellationToken);

    public ValueTask<DnsAnswer<AddressRecord>> LookupAddressesAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync(new CacheKey(name, RecordType.A), static (r, n) => r.LookupAddressesAsync(n, CancellationToken.None), cancellationToken);

    public ValueTask<DnsAnswer<TxtRecord>> LookupTxtAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync(new CacheKey(name, RecordType.Txt), static (r, n) => r.LookupTxtAsync(n, CancellationToken.None), cancellationToken);

    public ValueTask<DnsAnswer<TlsaRecord>> LookupTlsaAsync(string name, CancellationToken cancellationToken) =>
        LookupAsync(new CacheKey(name, RecordType.Tlsa), static (r, n) => r.LookupTlsaAsync(n, CancellationToken.None), cancellationToken);

    public ValueTask<DnsAnswer<PtrRecord>> LookupPtrAsync(IPAddress address, CancellationToken cancellationToken) =>
        LookupAsync(
            new CacheKey(address.ToString(), RecordType.Ptr),
            static (r, n) => r.LookupPtrAsync(IPAddress.Parse(n), CancellationToken.None),
            cancellationToken);

    private ValueTask<DnsAnswer<T>> LookupAsync<T>(
        CacheKey key, Func<IDnsResolver, string, ValueTask<DnsAnswer<T>>> ask, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<DnsAnswer<T>>(cancellationToken);
        }

        TaskCompletionSource<DnsAnswer<T>> query;
        lock (_gate)
        {
            if (_answers.Find(key, _time.GetTimestamp()) is { } kept)
            {
                DnsMetrics.CacheHits.Add(1);
                return new ValueTask<DnsAnswer<T>>(WithAge((DnsAnswer<T>)kept.Answer, kept.StoredAt));
            }

            DnsMetrics.CacheMisses.Add(1);
            if (_underWay.TryGetValue(key, out var running))
            {
                DnsMetrics.CacheJoins.Add(1);
                return new ValueTask<DnsAnswer<T>>(((Task<DnsAnswer<T>>)running).WaitAsync(cancellationToken));
            }

            query = new TaskCompletionSource<DnsAnswer<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
            _underWay.Add(key, query.Task);
        }

        _ = RunAsync(key, ask, query);
        return new ValueTask<DnsAnswer<T>>(query.Task.WaitAsync(cancellationToken));
    }

    /// <summary>Asks and keeps the answer. Whatever happens ends in <paramref name="query"/>, so nothing is lost unobserved.</summary>
    private async Task RunAsync<T>(
        CacheKey key, Func<IDnsResolver, string, ValueTask<DnsAnswer<T>>> ask, TaskCompletionSource<DnsAnswer<T>> query)
    {
        try
        {
            var answer = await ask(_inner, key.Name);
            var lifetime = LifetimeOf(answer);
            lock (_gate)
            {
                _underWay.Remove(key);
                if (lifetime > TimeSpan.Zero)
                {
                    var now = _time.GetTimestamp();
                    _answers.Store(key, new KeptAnswer(answer, now, now + ToTicks(lifetime), WeightOf(answer)), now);
                }
            }

            query.SetResult(answer with { TimeToLive = lifetime });
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                _underWay.Remove(key);
            }

            query.SetException(e);
        }
    }

    /// <summary>The answer with what is left of its lifetime; the same object within the first second.</summary>
    private DnsAnswer<T> WithAge<T>(DnsAnswer<T> answer, long storedAt)
    {
        var age = _time.GetElapsedTime(storedAt);
        return age < TimeSpan.FromSeconds(1) ? answer : answer with { TimeToLive = LifetimeOf(answer) - age };
    }

    private static TimeSpan LifetimeOf<T>(DnsAnswer<T> answer)
    {
        var most = answer.IsSuccess ? MaxLifetime : answer.IsTemporary ? MaxFailureLifetime : MaxNegativeLifetime;
        return answer.TimeToLive < most ? answer.TimeToLive : most;
    }

    private long ToTicks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);

    private static int WeightOf<T>(DnsAnswer<T> answer)
    {
        var bytes = 0;
        foreach (var record in answer.Records)
        {
            bytes += record switch
            {
                MxRecord mx => 64 + (2 * mx.Exchange.Length),
                TxtRecord txt => 64 + (2 * txt.Text.Length),
                TlsaRecord tlsa => 64 + tlsa.Data.Length,
                PtrRecord ptr => 64 + (2 * ptr.Name.Length),
                _ => 64,
            };
        }

        return 1 + (bytes / 1024);
    }
}
