using System.Globalization;
using System.Net;

namespace Relay.Bench.Load;

/// <summary>The relay with the settings of a busy sender; everything else as delivered, information log included.</summary>
internal sealed class RelayServer(string executable, bool withEd25519) : IMailServer
{
    private Daemon? _daemon;

    public string Name => (withEd25519 ? "relay, RSA + Ed25519" : "relay") + (HasJournal ? "" : ", no hand-off journal") + (HasGates ? "" : ", no gates");

    public IPEndPoint Endpoint { get; init; } = Door.Endpoint;

    public int AdminPort { get; init; } = 8025;

    public bool HasJournal { get; init; } = true;

    /// <summary>False: neither the rules of large receivers nor the abuse brake look at mail.</summary>
    public bool HasGates { get; init; } = true;

    /// <summary>Another one than 25: nobody listens there.</summary>
    public int DestinationPort { get; init; } = 25;

    public IReadOnlyList<int> Processes => [_daemon!.Id];

    public async Task StartAsync(string folder)
    {
        var keys = $$"""{ selector = "r1", algorithm = "rsa", file = "{{SigningKeys.WriteRsa(folder)}}" }""";
        if (withEd25519)
        {
            keys += $$""", { selector = "e1", algorithm = "ed25519", file = "{{SigningKeys.WriteEd25519(folder)}}" }""";
        }

        var configuration = Path.Combine(folder, "relay.toml");
        await File.WriteAllTextAsync(
            configuration,
            string.Create(CultureInfo.InvariantCulture, $"""
            hostname = "relay.example.com"
            data = "{Path.Combine(folder, "data")}"

            [listener.submission]
            endpoint = "{Endpoint}"

            [admin]
            endpoint = "127.0.0.1:{AdminPort}"

            [dns]
            servers = ["127.0.0.1:53"]

            [delivery]
            allow_private_targets = true
            max_messages_per_connection = 10000
            port = {DestinationPort}
            handoff_journal = "{(HasJournal ? "on" : "off")}"

            [site."*"]
            max_connections = 20

            [compliance]
            transactional = "{(HasGates ? "warn" : "off")}"

            [abuse]
            mode = "{(HasGates ? "hold" : "off")}"

            [dkim."example.com"]
            keys = [{keys}]

            """));
        _daemon = Daemon.Start(Path.Combine(folder, "relay.log"), executable, "serve", "--config", configuration);
        await Door.WaitAsync(Endpoint, _daemon);
    }

    /// <summary>Stops the process where it stands, or lets it go on.</summary>
    public Task FreezeAsync(bool isFrozen) => Daemon.RunAsync("kill", isFrozen ? "-STOP" : "-CONT", _daemon!.Id.ToString(CultureInfo.InvariantCulture));

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null)
        {
            await _daemon.DisposeAsync();
        }
    }
}
