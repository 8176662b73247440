namespace Relay.Bench.Load;

/// <summary>The relay with the settings of a busy sender; everything else as delivered, information log included.</summary>
internal sealed class RelayServer(string executable, bool withEd25519) : IMailServer
{
    private Daemon? _daemon;

    public string Name => withEd25519 ? "relay, RSA + Ed25519" : "relay";

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
            $"""
            hostname = "relay.example.com"
            data = "{Path.Combine(folder, "data")}"

            [listener.submission]
            endpoint = "{Door.Endpoint}"

            [dns]
            servers = ["127.0.0.1:53"]

            [delivery]
            allow_private_targets = true
            max_messages_per_connection = 10000

            [site."*"]
            max_connections = 20

            [dkim."example.com"]
            keys = [{keys}]

            """);
        _daemon = Daemon.Start(Path.Combine(folder, "relay.log"), executable, "serve", "--config", configuration);
        await Door.WaitAsync(_daemon);
    }

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null)
        {
            await _daemon.DisposeAsync();
        }
    }
}
