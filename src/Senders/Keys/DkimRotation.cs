using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Mail;

namespace Relay.Senders;

/// <summary>Leads keys through their life: pending until their records are seen, both pairs for a while, the old one retiring, then retired.</summary>
/// <remarks>
/// 0. A first key, where nothing signs yet, signs as soon as its record was seen once: nobody has asked for its name before, and what went
/// unsigned until then loses nothing. 1. A pending key that follows an active one of its domain and algorithm signs only after its record was seen at the zone's name servers in
/// <see cref="SightingsWanted"/> checks in a row. 2. From then on both sign: whoever asks a server that lags, or has a negative answer in its
/// cache, still verifies the old signature. 3. After <see cref="Overlap"/> the old key retires. 4. Its record stays needed until all mail it
/// signed has arrived or expired, and two days more; then it is retired. At no moment goes out a message whose records are not all
/// visible, but for the new one beside an old one. Keys of the accounts' domains are activated by the check of the domain.
/// </remarks>
public sealed class DkimRotation(
    IDkimKeyStore store, DkimKeys keys, DkimKeyProof proof, IAuditStore audit, DkimRotationOptions options, TimeProvider time, ILogger<DkimRotation> log)
    : BackgroundService
{
    public const int SightingsWanted = 3;

    /// <summary>Longer than records are cached as a rule.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromDays(2);

    private const int MaxNamed = 20;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    // Somebody sits there and waits.
    private static readonly TimeSpan FirstInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstAge = TimeSpan.FromMinutes(15);
    private static readonly AuditActor Itself = new("rotation");

    private readonly Dictionary<long, int> _sightings = [];
    private readonly SemaphoreSlim _turn = new(1);
    private DateTimeOffset _nextCheck;
    private IReadOnlyList<string> _told = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // a background loop: it logs and tries again
            catch (Exception trouble)
#pragma warning restore CA1031
            {
                SendersLog.RotationFailed(log, trouble);
            }

            await Task.Delay(FirstInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    /// <summary>Looks now at the keys of a domain that are published or wait for it.</summary>
    /// <returns>Each as it is then, with what DNS says; empty when the domain has none.</returns>
    public async Task<IReadOnlyList<(SealedDkimKey Key, DkimSighting Sighting)>> CheckAsync(DomainName domain, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var sightings = new Dictionary<long, DkimSighting>();
            foreach (var key in (await store.ListAsync(domain.Ascii, cancellationToken)).Where(key => key.State != DkimKeyState.Retired))
            {
                sightings[key.Id] = await proof.LookAsync(key, cancellationToken);
                if (sightings[key.Id].Presence == DkimPresence.Found && await IsFirstAsync(key, cancellationToken))
                {
                    await SetAsync(key, DkimKeyState.Active, "dkim.activate", cancellationToken);
                }
            }

            return [.. (await store.ListAsync(domain.Ascii, cancellationToken)).Where(key => sightings.ContainsKey(key.Id)).Select(key => (key, sightings[key.Id]))];
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now >= _nextCheck)
        {
            _nextCheck = now + Interval;
            await TryKeysAsync(cancellationToken);
            await CheckAsync(cancellationToken);
        }
        else if (now - keys.LastGeneratedAt < FirstAge)
        {
            foreach (var domain in (await store.ListAsync(null, cancellationToken)).Where(key => key is { State: DkimKeyState.Pending, ActivatesOnSight: true }).Select(key => key.Domain).Distinct())
            {
                await CheckAsync(DomainName.Parse(domain), cancellationToken);
            }
        }
    }

    // Where a parent's keys sign meanwhile, the new ones must be as visible as in a rotation.
    private async ValueTask<bool> IsFirstAsync(SealedDkimKey key, CancellationToken cancellationToken) =>
        key is { State: DkimKeyState.Pending, ActivatesOnSight: true }
        && (await keys.FindActiveAsync(DomainName.Parse(key.Domain), cancellationToken)).All(active => active.Domain == key.Domain && active.Algorithm != key.Algorithm);

    /// <summary>Says loudly, once for the same domains, what would else be noticed by mail that waits.</summary>
    internal async Task TryKeysAsync(CancellationToken cancellationToken)
    {
        var domains = await keys.FindUnopenableAsync(cancellationToken);
        var isNew = domains.Except(_told).Any();
        _told = domains;
        if (isNew)
        {
            SendersLog.KeysDoNotOpen(log, string.Join(", ", domains.Take(MaxNamed)) + (domains.Count > MaxNamed ? ", …" : string.Empty));
        }
    }

    /// <summary>One look at all keys; returns how many changed their state.</summary>
    internal async Task<int> CheckAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await CheckAllAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<int> CheckAllAsync(CancellationToken cancellationToken)
    {
        var changed = 0;
        foreach (var domain in (await store.ListAsync(null, cancellationToken)).GroupBy(key => (key.AccountId, key.Domain)))
        {
            foreach (var algorithm in domain.GroupBy(key => key.Algorithm))
            {
                changed += await StepAsync([.. algorithm], cancellationToken);
            }
        }

        return changed;
    }

    private async Task<int> StepAsync(IReadOnlyList<SealedDkimKey> pair, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var changed = 0;
        var active = pair.Where(key => key.State == DkimKeyState.Active).OrderBy(key => key.CreatedAt).ToList();
        foreach (var pending in pair.Where(key => key.State == DkimKeyState.Pending && (key.ActivatesOnSight || key.CreatedAt >= active.FirstOrDefault()?.CreatedAt)))
        {
            changed += await IsVisibleAsync(pending, cancellationToken) ? await SetAsync(pending, DkimKeyState.Active, "dkim.activate", cancellationToken) : 0;
        }

        // Several active keys are a rotation in progress only when one of them was activated by it.
        if (active.Count > 1 && active[^1].ActivatedAt is { } since && now - since >= Overlap)
        {
            foreach (var old in active.SkipLast(1))
            {
                changed += await SetAsync(old, DkimKeyState.Retiring, "dkim.retire", cancellationToken);
            }
        }

        foreach (var retiring in pair.Where(key => key.State == DkimKeyState.Retiring && now - key.RetiredAt >= options.PublishedAfterRetiring))
        {
            changed += await SetAsync(retiring, DkimKeyState.Retired, "dkim.retired", cancellationToken);
        }

        return changed;
    }

    private async Task<bool> IsVisibleAsync(SealedDkimKey key, CancellationToken cancellationToken)
    {
        var isSeen = (await proof.LookAsync(key, cancellationToken)).Presence == DkimPresence.Found;
        _sightings[key.Id] = isSeen ? _sightings.GetValueOrDefault(key.Id) + 1 : 0;
        return _sightings[key.Id] >= SightingsWanted || (isSeen && await IsFirstAsync(key, cancellationToken));
    }

    private async Task<int> SetAsync(SealedDkimKey key, DkimKeyState state, string action, CancellationToken cancellationToken)
    {
        if (!await store.SetStateAsync(key.Id, state, time.GetUtcNow(), cancellationToken))
        {
            return 0;
        }

        _sightings.Remove(key.Id);
        keys.Invalidate();
        var name = DkimKeyProof.NameOf(key);
        await audit.AppendAsync(Itself, time, action, name, cancellationToken);
        SendersLog.KeyStepped(log, name, state);
        return 1;
    }
}

public sealed record DkimRotationOptions
{
    /// <summary>How long the record of a retiring key stays needed: the longest life of a message in the queue, and two days. May change while the server runs.</summary>
    public TimeSpan PublishedAfterRetiring { get; set; } = TimeSpan.FromDays(7);
}
