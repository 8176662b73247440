using System.Globalization;
using Relay.Delivery;
using Relay.Dns;
using Relay.Platform.Domains;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>Looks at everything that may call for an operator.</summary>
internal sealed class AlertConditions(
    Func<AlertOptions> options, IServerStatus server, HealthReport health, IQueueAges ages, TrafficMonitor traffic, DomainService domains, IBrakes brakes, IDnsResolver resolver, PauseReport pauses, IConfigurationControl configuration, TimeProvider time)
{
    private const int EnoughOutcomes = 50;
    private static readonly TimeSpan ShareWindow = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan CertificateWarning = TimeSpan.FromDays(14);
    private static readonly TimeSpan ListInterval = TimeSpan.FromHours(1);

    private IReadOnlyList<Condition> _listed = [];
    private IReadOnlyList<string> _askedLists = [];
    private DateTimeOffset _nextListLook;

    public async ValueTask<IReadOnlyList<Condition>> LookAsync(CancellationToken cancellationToken)
    {
        var found = new List<Condition>();
        found.AddRange(health.Parts().Where(part => !part.Healthy).Select(part => new Condition("health:" + part.Name, $"{part.Name}: {part.Reason}")));
        if (OfDisk(server.Disk) is { } full)
        {
            found.Add(full);
        }

        found.AddRange(Certificate());
        found.AddRange(Refused());
        found.AddRange(Deferrals());
        found.AddRange(brakes.Active().Select(brake => new Condition($"brake:{brake.Id}", brake.Text)));
        found.AddRange(await QueueAgeAsync(cancellationToken));
        found.AddRange(await DomainConditions.LookAsync(domains, cancellationToken));
        found.AddRange(await ListsAsync(cancellationToken));
        found.AddRange((await pauses.ListAsync(cancellationToken)).Where(IsToldOf).Select(Paused));
        return found;
    }

    /// <summary>Null while there is room enough, or the system does not tell.</summary>
    public static Condition? OfDisk(DiskStatus disk) => disk.FreeBytes is { } free && free < Math.Max(disk.MinFreeBytes, disk.WarnFreeBytes)
        ? new Condition("disk", $"only {free >> 20} MiB are free in {disk.Folder}; below {disk.MinFreeBytes >> 20} MiB mail is refused (runbook disk-full)")
        : null;

    private IEnumerable<Condition> Certificate() => server.CertificateExpires is { } expires && expires - time.GetUtcNow() < CertificateWarning
        ? [new Condition("certificate", $"the certificate ends on {expires.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}: renew it, then 'relay config reload'")]
        : [];

    private IEnumerable<Condition> Refused() => configuration.Refusal is { } faults
        ? [new Condition("configuration", $"the configuration file was refused and the one before stays in force ('relay check' lists the faults): {faults}")]
        : [];

    private IEnumerable<Condition> Deferrals()
    {
        var deferred = traffic.Sum(TrafficKind.Deferred, ShareWindow);
        var all = deferred + traffic.Sum(TrafficKind.Delivered, ShareWindow) + traffic.Sum(TrafficKind.Bounced, ShareWindow);
        return all >= EnoughOutcomes && deferred > all * options().DeferralShare
            ? [new Condition("deferrals", $"{deferred} of the last {all} attempts were deferred: look at the destinations (runbook queue-growing)")]
            : [];
    }

    /// <summary>Held and scheduled mail waits because somebody wants it to.</summary>
    private async ValueTask<IEnumerable<Condition>> QueueAgeAsync(CancellationToken cancellationToken)
    {
        var rows = await ages.AgesAsync(QueueGrouping.State, 10, cancellationToken);
        var wished = options().QueueAge;
        var index = QueueAgeRow.AgeBounds.TakeWhile(limit => limit < wished).Count();
        var bound = QueueAgeRow.AgeBounds[Math.Min(index, QueueAgeRow.AgeBounds.Count - 1)];
        var old = rows.Where(row => row.Name is "ready" or "deferred").Sum(row => row.Counts.Skip(index + 1).Sum());
        return old > 0
            ? [new Condition("queue-age", $"{(old == 1 ? "1 recipient has" : $"{old} recipients have")} waited longer than {bound.TotalMinutes.ToString(CultureInfo.InvariantCulture)} minutes (runbook queue-growing)")]
            : [];
    }

    /// <summary>What an operator may have forgotten and what the server stopped; paths and sources that rest show in health and age.</summary>
    private static bool IsToldOf(PauseAnswer pause) => pause.SuspensionId is not null || pause is { Kind: "campaign", By: "the server" };

    private static Condition Paused(PauseAnswer pause)
    {
        var until = pause.Until is { } end ? "until " + end.ToString("u", CultureInfo.InvariantCulture) : "until it is ended";
        return new Condition($"paused:{pause.Kind}:{pause.Name}", $"{pause.Kind} {pause.Name} is suspended {until} by {pause.By}: {pause.Reason}");
    }

    private async ValueTask<IReadOnlyList<Condition>> ListsAsync(CancellationToken cancellationToken)
    {
        var (lists, addresses) = (options().BlockLists, options().Addresses);
        if (time.GetUtcNow() < _nextListLook && lists.SequenceEqual(_askedLists))
        {
            return _listed;
        }

        _askedLists = lists;
        _nextListLook = time.GetUtcNow() + ListInterval;
        var found = new List<Condition>();
        foreach (var address in addresses)
        {
            foreach (var list in lists)
            {
                if (await BlockListQuery.AskAsync(resolver, address, list, cancellationToken) is { IsListed: true } answer)
                {
                    found.Add(new Condition($"listed:{list}:{address}", $"{address} is on {list} {answer.Reason}".TrimEnd()));
                }
            }
        }

        return _listed = found;
    }
}
