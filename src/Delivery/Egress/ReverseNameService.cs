using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relay.Delivery;

/// <summary>Checks the names of every public source at start and once a day; what is wrong is logged once and shown until it is mended.</summary>
internal sealed class ReverseNameService(
    EgressPools pools, AddressCheck isPublic, ReverseNameCheck check, ILogger<ReverseNameService> logger, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromDays(1);
    private readonly ConcurrentDictionary<string, IReadOnlyList<ReverseNameFinding>> _findings = new(StringComparer.Ordinal);

    /// <summary>Of the last check; empty before it, and for sources whose address the system chooses.</summary>
    public IReadOnlyList<ReverseNameFinding> FindingsOf(EgressSource source) => _findings.GetValueOrDefault(source.Name) ?? [];

    /// <summary>One round over all sources.</summary>
    public async Task CheckAllAsync(CancellationToken cancellationToken)
    {
        foreach (var source in pools.Sources)
        {
            var findings = new List<ReverseNameFinding>();
            foreach (var address in source.Addresses.Where(a => isPublic(a, out _)))
            {
                findings.Add(await check.CheckAsync(address, source.EhloName, cancellationToken));
            }

            Remember(source, findings);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await CheckAllAsync(stoppingToken);
            await Task.Delay(Pause, time, stoppingToken);
        }
    }

    private void Remember(EgressSource source, List<ReverseNameFinding> findings)
    {
        var known = FindingsOf(source);
        _findings[source.Name] = findings;
        foreach (var finding in findings.Where(f => f.Problem is not null && !known.Contains(f)))
        {
            DeliveryLog.ReverseNameWrong(logger, source.Name, finding.Address, finding.Problem!);
        }
    }
}
