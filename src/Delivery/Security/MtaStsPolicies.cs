using System.Text;
using Microsoft.Extensions.Logging;
using Relay.Dns;

namespace Relay.Delivery;

/// <summary>Recipient domain → the policy that binds its mail now (RFC 8461 §3.1, §5.1). Thread safe; each domain is looked up once at a time.</summary>
/// <remarks>
/// 1. What was fetched before binds until its max_age is over, whatever DNS and HTTPS say. 2. The TXT record tells whether there is a policy
/// and which: a new id, or a policy of some age, is fetched. 3. What cannot be fetched is not asked for again for some minutes; the policy
/// kept stays in force, without one there is none. Policies belong to recipient domains: domains that share mail hosts share no policy.
/// </remarks>
internal sealed class MtaStsPolicies(
    IDnsResolver dns, IMtaStsFetcher fetcher, IMtaStsStore store, TlsSessions sessions, DeliveryMetrics metrics, ILogger<MtaStsPolicies> logger, TimeProvider time)
{
    private const int Capacity = 50_000;
    private static readonly TimeSpan DecisionLife = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(5);

    // RFC 8461 §3.3 wants policies fetched again well before they end.
    private static readonly TimeSpan LongestUnrefreshed = TimeSpan.FromDays(1);

    private readonly ExpiringCache<string, MtaStsPolicy?> _decisions = new(Capacity, time);
    private readonly ExpiringCache<(string Domain, string Id), bool> _failures = new(Capacity, time);
    private readonly ExpiringCache<string, Kept> _kept = new(Capacity, time);
    private readonly Dictionary<string, Task<MtaStsPolicy?>> _running = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>The policy; null when the domain has none. Never throws for what DNS and HTTPS may answer.</summary>
    public async ValueTask<MtaStsPolicy?> FindAsync(string domain, CancellationToken cancellationToken)
    {
        if (_decisions.TryGet(domain, out var decided))
        {
            return decided;
        }

        Task<MtaStsPolicy?> lookup;
        lock (_gate)
        {
            if (!_running.TryGetValue(domain, out lookup!))
            {
                _running[domain] = lookup = Task.Run(() => DecideAsync(domain), CancellationToken.None);
            }
        }

        return await lookup.WaitAsync(cancellationToken);
    }

    private async Task<MtaStsPolicy?> DecideAsync(string domain)
    {
        try
        {
            var kept = await LoadAsync(domain);
            if (await DiscoverAsync(domain) is { } id && NeedsFetch(kept, id) && !_failures.TryGet((domain, id), out _))
            {
                kept = await FetchAsync(domain, id) ?? kept;
            }

            var life = kept is null || kept.EndsAt - time.GetUtcNow() > DecisionLife ? DecisionLife : kept.EndsAt - time.GetUtcNow();
            _decisions.Set(domain, kept?.Policy, life);
            return kept?.Policy;
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(domain);
            }
        }
    }

    private bool NeedsFetch(Kept? kept, string id)
    {
        if (kept is null || kept.Id != id)
        {
            return true;
        }

        var half = kept.Policy.MaxAge / 2;
        return time.GetUtcNow() - kept.FetchedAt >= (half < LongestUnrefreshed ? half : LongestUnrefreshed);
    }

    private async ValueTask<Kept?> LoadAsync(string domain)
    {
        if (_kept.TryGet(domain, out var known))
        {
            return known;
        }

        try
        {
            return await store.FindAsync(domain, CancellationToken.None) is { } stored ? Keep(stored, Encoding.UTF8.GetBytes(stored.Text)) : null;
        }
        catch (IOException exception)
        {
            DeliveryLog.MtaStsStoreFailed(logger, domain, exception);
            return null;
        }
    }

    /// <summary>Null when the text is no policy, or its life is over.</summary>
    private Kept? Keep(StoredMtaStsPolicy stored, ReadOnlySpan<byte> text)
    {
        if (MtaStsPolicy.Parse(stored.Domain, text) is not { } policy || stored.FetchedAt + policy.MaxAge <= time.GetUtcNow())
        {
            return null;
        }

        var kept = new Kept(policy, stored.Id, stored.FetchedAt);
        _kept.Set(stored.Domain, kept, kept.EndsAt - time.GetUtcNow());
        return kept;
    }

    private async ValueTask<string?> DiscoverAsync(string domain)
    {
        var answer = await dns.LookupTxtAsync("_mta-sts." + domain, CancellationToken.None);
        return answer.IsSuccess ? MtaStsRecord.FindId([.. answer.Records.Select(record => record.Text)]) : null;
    }

    private async ValueTask<Kept?> FetchAsync(string domain, string id)
    {
        string problem;
        var isInvalid = false;
        try
        {
            var text = await fetcher.FetchAsync(domain, CancellationToken.None);
            var stored = new StoredMtaStsPolicy(domain, id, time.GetUtcNow(), Encoding.UTF8.GetString(text.Span));
            if (Keep(stored, text.Span) is { } kept)
            {
                metrics.MtaStsFetched("ok");
                await SaveAsync(stored);
                return kept;
            }

            problem = "it is not a valid policy";
            isInvalid = true;
        }
        catch (MtaStsFetchException exception)
        {
            problem = exception.Message;
        }

        metrics.MtaStsFetched("failed");
        sessions.PolicyNotFetched(domain, isInvalid, problem);
        DeliveryLog.MtaStsNotFetched(logger, domain, problem);
        _failures.Set((domain, id), true, PauseAfterFailure);
        return null;
    }

    // A policy that could not be saved still binds while we run.
    private async ValueTask SaveAsync(StoredMtaStsPolicy stored)
    {
        try
        {
            await store.SaveAsync(stored, CancellationToken.None);
        }
        catch (IOException exception)
        {
            DeliveryLog.MtaStsStoreFailed(logger, stored.Domain, exception);
        }
    }

    private sealed record Kept(MtaStsPolicy Policy, string Id, DateTimeOffset FetchedAt)
    {
        public DateTimeOffset EndsAt => FetchedAt + Policy.MaxAge;
    }
}
