using System.Globalization;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>
/// nsd with zones of the test's own and unbound that validates them: signed ones, ones that should be signed and are not, and plain ones. Needs
/// nsd, unbound, ldns-keygen and ldns-signzone.
/// </summary>
internal sealed class SignedZones : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<(string Name, string File)> _zones = [];
    private readonly List<string> _anchors = [];
    private DnsPeer? _authority;
    private DnsPeer? _validator;

    /// <summary>The validating server.</summary>
    public DnsPeer Validator => _validator!;

    /// <summary>A zone signed under a trust anchor.</summary>
    public Task SignedAsync(string name, string records) => AddAsync(name, records, ".signed");

    /// <summary>A zone without signatures under a trust anchor: nothing in it can be believed.</summary>
    public Task BogusAsync(string name, string records) => AddAsync(name, records, string.Empty);

    /// <summary>A zone nobody says to be signed.</summary>
    public async Task PlainAsync(string name, string records)
    {
        await WriteZoneAsync(name, records);
        _zones.Add((name, name + ".zone"));
    }

    public async Task StartAsync()
    {
        _authority = await StartNsdAsync();
        _validator = await StartUnboundAsync(_authority.EndPoint.Port);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in new[] { _validator, _authority }.OfType<DnsPeer>())
        {
            await server.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task AddAsync(string name, string records, string served)
    {
        await WriteZoneAsync(name, records);
        var key = (await DnsPeer.RunAsync("ldns-keygen", _folder.Path, "-a", "ECDSAP256SHA256", "-k", name)).Trim();
        await DnsPeer.RunAsync("ldns-signzone", _folder.Path, name + ".zone", key);
        _anchors.Add(_folder.File(key + ".key"));
        _zones.Add((name, name + ".zone" + served));
    }

    private Task WriteZoneAsync(string name, string records) => File.WriteAllTextAsync(
        _folder.File(name + ".zone"),
        $"""
        $ORIGIN {name}.
        $TTL 300
        @ IN SOA ns hostmaster 1 3600 600 86400 300
        @ IN NS ns
        ns IN A 127.0.0.1
        {records}

        """);

    private async Task<DnsPeer> StartNsdAsync()
    {
        var port = DnsPeer.FreePort();
        var zones = string.Concat(_zones.Select(zone => $"zone:\n  name: {zone.Name}\n  zonefile: {zone.File}\n"));
        await File.WriteAllTextAsync(
            _folder.File("nsd.conf"),
            string.Create(CultureInfo.InvariantCulture, $"""
            server:
              ip-address: 127.0.0.1@{port}
              username: ""
              chroot: ""
              database: ""
              pidfile: ""
              zonesdir: "{_folder.Path}"
              xfrdfile: "{_folder.File("xfrd")}"
              xfrdir: "{_folder.Path}"
              zonelistfile: "{_folder.File("zones")}"
            remote-control:
              control-enable: no
            {zones}
            """));
        return await DnsPeer.StartAsync("nsd", port, "nsd started", "-d", "-c", _folder.File("nsd.conf"));
    }

    private async Task<DnsPeer> StartUnboundAsync(int authorityPort)
    {
        var port = DnsPeer.FreePort();
        var anchors = string.Concat(_anchors.Select(file => $"  trust-anchor-file: \"{file}\"\n"));
        var stubs = string.Concat(_zones.Select(zone => string.Create(CultureInfo.InvariantCulture, $"stub-zone:\n  name: {zone.Name}\n  stub-addr: 127.0.0.1@{authorityPort}\n")));
        await File.WriteAllTextAsync(
            _folder.File("unbound.conf"),
            string.Create(CultureInfo.InvariantCulture, $"""
            server:
              interface: 127.0.0.1@{port}
              username: ""
              chroot: ""
              directory: "{_folder.Path}"
              pidfile: ""
              use-syslog: no
              verbosity: 1
              do-ip6: no
              ede: yes
              module-config: "validator iterator"
              do-not-query-localhost: no
              local-zone: test. nodefault
            {anchors}remote-control:
              control-enable: no
            {stubs}
            """));
        return await DnsPeer.StartAsync("unbound", port, "start of service", "-d", "-c", _folder.File("unbound.conf"));
    }
}
