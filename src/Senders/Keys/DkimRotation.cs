using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Dns;

namespace Relay.Senders;

/// <summary>Leads rotated keys through their life: pending until their records are seen, both pairs for a while, the old one retiring, then retired.</summary>
/// <remarks>
/// 1. A pending key that follows an active one of its domain and algorithm signs only after its record was seen at the zone's name servers in
/// <see cref="SightingsWanted"/> checks in a row. 2. From then on both sign: whoever asks a server that lags, or has a negative answer in its
/// cache, still verifies the old signature. 3. After <see cref="Overlap"/> the old key retires. 4. Its record stays needed until all mail it
/// signed has arrived or expired, and two days more; then it is retired. At no moment goes out a message whose records are not all
/// visible, but for the new one beside an old one. First keys of a domain are not touched here.
/// </remarks>
public sealed class DkimRotation(
    IDkimKeyStore store, DkimKeys keys, IZoneResolver zones, IAuditStore audit, DkimRotationOptions options, TimeProvider time, ILogger<DkimRotation> log)
    : BackgroundService
{
    public const int SightingsWanted = 3;

    /// <summary>Longer than records are cached as a rule.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromDays(2);

    private const int MaxNamed = 20;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private static readonly AuditActor Itself = new("rotation");

    private readonly Dictionary<long, int> _sightings = [];
    private bool _hasTried;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await TryKeysAsync(stoppingToken);
                await CheckAsync(stoppingToken);
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

            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Once: says loudly at the start what would else be noticed by mail that waits.</summary>
    internal async Task TryKeysAsync(CancellationToken cancellationToken)
    {
        if (_hasTried)
        {
            return;
        }

        var domains = await keys.FindUnopenableAsync(cancellationToken);
        _hasTried = true;
        if (domains.Count > 0)
        {
            SendersLog.KeysDoNotOpen(log, string.Join(", ", domains.Take(MaxNamed)) + (domains.Count > MaxNamed ? ", …" : string.Empty));
        }
    }

    /// <summary>One look at all keys; returns how many changed their state.</summary>
    internal async Task<int> CheckAsync(CancellationToken cancellationToken)
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
        if (active.Count > 0)
        {
            foreach (var pending in pair.Where(key => key.State == DkimKeyState.Pending && key.CreatedAt >= active[0].CreatedAt))
            {
                changed += await IsVisibleAsync(pending, cancellationToken) ? await SetAsync(pending, DkimKeyState.Active, "dkim.activate", cancellationToken) : 0;
            }
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
        var answer = await zones.LookupTxtAsync($"{key.Selector}._domainkey.{key.Domain}", cancellationToken);
        var isSeen = answer.IsSuccess && answer.Records.Any(record => PublicKeyOf(record.Text) == PublicKeyOf(key.PublicRecord));
        _sightings[key.Id] = isSeen ? _sightings.GetValueOrDefault(key.Id) + 1 : 0;
        return _sightings[key.Id] >= SightingsWanted;
    }

    private async Task<int> SetAsync(SealedDkimKey key, DkimKeyState state, string action, CancellationToken cancellationToken)
    {
        if (!await store.SetStateAsync(key.Id, state, time.GetUtcNow(), cancellationToken))
        {
            return 0;
        }

        _sightings.Remove(key.Id);
        keys.Invalidate();
        var name = string.Create(CultureInfo.InvariantCulture, $"{key.Selector}._domainkey.{key.Domain}");
        await audit.AppendAsync(Itself, time, action, name, cancellationToken);
        SendersLog.KeyStepped(log, name, state);
        return 1;
    }

    // p= with the blanks that publishers put in taken out.
    private static string? PublicKeyOf(string record) => record.Split(';')
        .Select(tag => tag.Split('=', 2))
        .Where(tag => tag.Length == 2 && tag[0].Trim() == "p")
        .Select(tag => string.Concat(tag[1].Where(c => !char.IsWhiteSpace(c))))
        .FirstOrDefault(text => text.Length > 0);
}

public sealed record DkimRotationOptions
{
    /// <summary>How long the record of a retiring key stays needed: the longest life of a message in the queue, and two days.</summary>
    public TimeSpan PublishedAfterRetiring { get; init; } = TimeSpan.FromDays(7);
}
