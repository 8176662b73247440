using Relay.Platform.Domains;
using Relay.Senders;

namespace Relay.Platform.Quotas;

/// <summary>Counts in memory, begun from what is stored; <see cref="EmailCountService"/> writes them every second. Thread safe.</summary>
/// <remarks>Hours and days are those of the clock in UTC. Everything is counted, limited or not, so that a limit set now knows this day.</remarks>
internal sealed class EmailQuota(
    IEmailCountStore store, AccountService accounts, ISenderDomains domains, PlatformOptions options, TimeProvider time) : IEmailQuota
{
    private static readonly TimeSpan IdleBeforeForgotten = TimeSpan.FromHours(2);

    private readonly Dictionary<QuotaSubject, QuotaCounter> _counters = [];
    private readonly Lock _gate = new();

    public ValueTask<ApiFault?> TryTakeAsync(QuotaSender sender, IReadOnlyList<QuotaPart> parts, CancellationToken cancellationToken) =>
        JudgeAsync(sender, parts, takes: true, cancellationToken);

    public ValueTask<ApiFault?> LookAsync(QuotaSender sender, QuotaPart part, CancellationToken cancellationToken) =>
        JudgeAsync(sender, [part], takes: false, cancellationToken);

    public async ValueTask RefundAsync(QuotaSender sender, IReadOnlyList<QuotaPart> parts, CancellationToken cancellationToken)
    {
        var shares = await SharesAsync(sender, parts, limitedOnly: false, cancellationToken);
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var share in shares)
            {
                Current(share, now).Add(-share.Amount);
            }
        }
    }

    /// <summary>Writes what changed since the last call; after a failure it is kept for the next one. Counters long unused leave memory.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        List<EmailCount> changed;
        lock (_gate)
        {
            changed = [.. _counters.Values.Where(counter => counter.TakeChanged()).Select(counter => counter.ToCount())];
            Forget();
        }

        if (changed.Count == 0)
        {
            return;
        }

        var isWritten = false;
        try
        {
            await store.WriteAsync(changed, cancellationToken);
            isWritten = true;
        }
        finally
        {
            if (!isWritten)
            {
                lock (_gate)
                {
                    changed.ForEach(count => _counters[count.Subject].IsChanged = true);
                }
            }
        }
    }

    private async ValueTask<ApiFault?> JudgeAsync(QuotaSender sender, IReadOnlyList<QuotaPart> parts, bool takes, CancellationToken cancellationToken)
    {
        // A look is asked for each recipient: what has no limits needs no count then.
        var shares = await SharesAsync(sender, parts, limitedOnly: !takes, cancellationToken);
        if (shares.Count == 0)
        {
            return null;
        }

        lock (_gate)
        {
            var now = time.GetUtcNow();
            var counters = shares.Select(share => (Share: share, Counter: Current(share, now))).ToList();
            foreach (var (share, counter) in counters)
            {
                if (QuotaRules.Refusal(share.Limits, counter, share.Amount, now) is { } refusal)
                {
                    return refusal;
                }
            }

            if (takes)
            {
                counters.ForEach(pair => pair.Counter.Add(pair.Share.Amount));
            }

            return null;
        }
    }

    private async ValueTask<IReadOnlyList<Share>> SharesAsync(QuotaSender sender, IReadOnlyList<QuotaPart> parts, bool limitedOnly, CancellationToken cancellationToken)
    {
        var all = parts.Aggregate(default(QuotaAmount), (sum, part) => sum + part.Amount);
        var account = await accounts.FindAsync(sender.AccountId, cancellationToken);
        var shares = new List<Share>
        {
            new(new(QuotaScope.Account, sender.AccountId), sender.AccountId, QuotaLimits.OfAccount(account?.Limits ?? SendLimits.Default, options), all),
        };
        if (sender.Credential is { } credential)
        {
            shares.Add(new(new(QuotaScope.Key, credential.Id), sender.AccountId, QuotaLimits.Of(credential), all));
        }

        foreach (var part in parts)
        {
            if (part.FromDomain is { } name && await domains.FindAsync(sender.AccountId, name, cancellationToken) is { } domain)
            {
                shares.Add(new(new(QuotaScope.Domain, domain.Id), sender.AccountId, QuotaLimits.OfDomain(domain.Limits), part.Amount));
            }
        }

        if (limitedOnly)
        {
            shares.RemoveAll(share => !share.Limits.IsLimited);
        }

        for (var i = 0; i < shares.Count; i++)
        {
            shares[i] = await LoadAsync(shares[i], cancellationToken);
        }

        return shares;
    }

    private async ValueTask<Share> LoadAsync(Share share, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_counters.ContainsKey(share.Subject))
            {
                return share;
            }
        }

        return share with { Stored = await store.FindAsync(share.Subject, cancellationToken) };
    }

    private QuotaCounter Current(Share share, DateTimeOffset now)
    {
        if (!_counters.TryGetValue(share.Subject, out var counter))
        {
            _counters.Add(share.Subject, counter = new QuotaCounter(share.Subject, share.AccountId, share.Stored));
        }

        counter.MoveTo(now);
        return counter;
    }

    private void Forget()
    {
        var now = time.GetUtcNow();
        var idle = _counters.Where(pair => !pair.Value.IsChanged && !pair.Value.WasTaken && now - pair.Value.UsedAt > IdleBeforeForgotten);
        foreach (var (subject, _) in idle.ToList())
        {
            _counters.Remove(subject);
        }
    }

    private sealed record Share(QuotaSubject Subject, long AccountId, QuotaLimits Limits, QuotaAmount Amount)
    {
        /// <summary>Where counting goes on; null when nothing was stored, or the counter is in memory.</summary>
        public EmailCount? Stored { get; init; }
    }
}
