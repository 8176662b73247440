namespace Relay.Delivery;

/// <summary>Finds the addresses of configured hosts. One host that can be found is enough.</summary>
internal sealed class NextHopResolver(MxResolver addresses)
{
    public async ValueTask<MxResult> ResolveAsync(RouteOptions route, CancellationToken cancellationToken)
    {
        if (route.Socket is { } socket)
        {
            var local = new RouteHost("localhost", 0, [], IsConfigured: true) { SocketPath = socket, IsLmtp = true };
            return MxResult.Found([local], TimeSpan.MaxValue) with { Findings = [new HostFinding(socket, 0, [], null)] };
        }

        var results = await Task.WhenAll(route.Hosts.Select(h => addresses.ResolveHostAsync(h.Host, cancellationToken).AsTask()));
        var hosts = results.SelectMany((found, i) => found.Hosts.Select(h => h with
        {
            Preference = route.Hosts[i].Preference,
            Weight = route.Hosts[i].Weight,
            Port = route.Hosts[i].Port,
            IsLmtp = route.Kind == RouteKind.Lmtp,
        })).OrderBy(h => h.Preference).ToList();
        var result = hosts.Count > 0 ? MxResult.Found(hosts, results.Min(r => r.TimeToLive)) : results[0];
        return result with { Findings = [.. results.SelectMany((found, i) => FindingsOf(found, route.Hosts[i]))] };
    }

    private static IEnumerable<HostFinding> FindingsOf(MxResult found, NextHopOptions host) => found.Failure is { } failure
        ? [new HostFinding(host.Host, host.Preference, [], failure.Text)]
        : found.Findings.Select(f => f with { Preference = host.Preference });
}
