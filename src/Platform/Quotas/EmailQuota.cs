using System.Globalization;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Senders;

namespace Relay.Platform.Quotas;

/// <summary>Counts in memory, begun from what is stored; <see cref="EmailCountService"/> writes them every second. Thread safe.</summary>
/// <remarks>Hours and days are those of the clock in UTC. Everything is counted, limited or not, so that a limit set now knows this day.</remarks>
internal sealed class EmailQuota(
    IEmailCountStore store, AccountService accounts, ISenderDomains domains, PlatformOptions options, TimeProvider time) : IEmailQuota
{
    private const long HourSeconds = 3600;
    private const long DaySeconds = 86_400;

    private static readonly TimeSpan IdleBeforeForgotten = TimeSpan.FromHours(2);

    private readonly Dictionary<QuotaSubject, Counter> _counters = [];
    private readonly Lock _gate = new();

    public async ValueTask<ApiFault?> TryTakeAsync(QuotaSender sender, DomainName? fromDomain, int emails, CancellationToken cancellationToken)
    {
        var shares = await SharesAsync(sender, fromDomain, cancellationToken);
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var counters = shares.Select(share => (Share: share, Counter: Current(share, now))).ToList();
            foreach (var (share, counter) in counters)
            {
                if (Refusal(share, counter, emails, now) is { } refusal)
                {
                    return refusal;
                }
            }

            counters.ForEach(pair => pair.Counter.Add(emails));
            return null;
        }
    }

    public async ValueTask RefundAsync(QuotaSender sender, DomainName? fromDomain, int emails, CancellationToken cancellationToken)
    {
        var shares = await SharesAsync(sender, fromDomain, cancellationToken);
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var share in shares)
            {
                Current(share, now).Add(-emails);
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

    private async ValueTask<IReadOnlyList<Share>> SharesAsync(QuotaSender sender, DomainName? fromDomain, CancellationToken cancellationToken)
    {
        var account = await accounts.FindAsync(sender.AccountId, cancellationToken);
        var limits = account?.Limits ?? SendLimits.Default;
        var shares = new List<Share>
        {
            new("account", new(QuotaScope.Account, sender.AccountId), sender.AccountId, limits.EmailsPerHour ?? options.EmailsPerHour, limits.EmailsPerDay ?? options.EmailsPerDay),
        };
        if (sender.Credential is { } credential)
        {
            var name = credential.Kind == CredentialKind.ApiKey ? "key" : "login";
            shares.Add(Of(name, new(QuotaScope.Key, credential.Id), credential.Limits));
        }

        if (fromDomain is not null && await domains.FindAsync(sender.AccountId, fromDomain, cancellationToken) is { } domain)
        {
            shares.Add(Of("domain", new(QuotaScope.Domain, domain.Id), domain.Limits));
        }

        for (var i = 0; i < shares.Count; i++)
        {
            shares[i] = await LoadAsync(shares[i], cancellationToken);
        }

        return shares;

        Share Of(string name, QuotaSubject subject, SendLimits own) => new(name, subject, sender.AccountId, own.EmailsPerHour ?? 0, own.EmailsPerDay ?? 0);
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

    private Counter Current(Share share, DateTimeOffset now)
    {
        if (!_counters.TryGetValue(share.Subject, out var counter))
        {
            _counters.Add(share.Subject, counter = new Counter(share));
        }

        var seconds = now.ToUnixTimeSeconds();
        counter.MoveTo(seconds / HourSeconds, seconds / DaySeconds, now);
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

    private static ApiFault? Refusal(Share share, Counter counter, int emails, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds();
        return share.PerHour > 0 && counter.HourCount + emails > share.PerHour
                ? Fault(share, "hour", HourSeconds, share.PerHour, counter.HourCount, HourSeconds - (seconds % HourSeconds))
            : share.PerDay > 0 && counter.DayCount + emails > share.PerDay
                ? Fault(share, "day", DaySeconds, share.PerDay, counter.DayCount, DaySeconds - (seconds % DaySeconds))
            : null;
    }

    private static ApiFault Fault(Share share, string period, long window, int limit, long used, long secondsLeft)
    {
        var left = Math.Max(0, limit - used);
        var message = string.Create(CultureInfo.InvariantCulture, $"the {share.Name} may send {limit} e-mails per {period}; {left} are left");
        return ApiFault.RateLimited(message, TimeSpan.FromSeconds(secondsLeft)) with
        {
            Headers = new Dictionary<string, string>
            {
                ["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"{share.Name}-emails\";q={limit};w={window}"),
                ["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"{share.Name}-emails\";r={left};t={secondsLeft}"),
                ["X-RateLimit-Limit"] = limit.ToString(CultureInfo.InvariantCulture),
                ["X-RateLimit-Remaining"] = left.ToString(CultureInfo.InvariantCulture),
                ["X-RateLimit-Reset"] = secondsLeft.ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    /// <param name="PerHour">0 is without limit.</param>
    private sealed record Share(string Name, QuotaSubject Subject, long AccountId, int PerHour, int PerDay)
    {
        /// <summary>Where counting goes on; null when nothing was stored, or the counter is in memory.</summary>
        public EmailCount? Stored { get; init; }
    }

    private sealed class Counter(Share share)
    {
        private readonly EmailCount _start = share.Stored ?? new EmailCount(share.Subject, share.AccountId, 0, 0, 0, 0);
        private long _hour = share.Stored?.Hour ?? 0;
        private long _day = share.Stored?.Day ?? 0;

        public long HourCount { get; private set; } = share.Stored?.HourCount ?? 0;

        public long DayCount { get; private set; } = share.Stored?.DayCount ?? 0;

        public DateTimeOffset UsedAt { get; private set; }

        public bool IsChanged { get; set; }

        /// <summary>It is being written just now.</summary>
        public bool WasTaken { get; private set; }

        public void MoveTo(long hour, long day, DateTimeOffset now)
        {
            UsedAt = now;

            // A clock set back must not forgive what was counted.
            if (hour > _hour)
            {
                (_hour, HourCount) = (hour, 0);
            }

            if (day > _day)
            {
                (_day, DayCount) = (day, 0);
            }
        }

        public void Add(int emails)
        {
            HourCount = Math.Max(0, HourCount + emails);
            DayCount = Math.Max(0, DayCount + emails);
            IsChanged = true;
        }

        public bool TakeChanged()
        {
            WasTaken = IsChanged;
            IsChanged = false;
            return WasTaken;
        }

        public EmailCount ToCount() => _start with { Hour = _hour, HourCount = HourCount, Day = _day, DayCount = DayCount };
    }
}
