namespace Relay.Bench.Load;

/// <summary>The relay as delivered, unsigned; what it has accepted durably goes to a discard route.</summary>
internal sealed class DiscardingRelay(string executable) : IMailServer
{
    private Daemon? _daemon;

    public string Name => "Relay";

    public IReadOnlyList<int> Processes => [_daemon!.Id];

    public async Task StartAsync(string folder)
    {
        var configuration = Path.Combine(folder, "relay.toml");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            hostname = "relay.example.com"
            data = "{Path.Combine(folder, "data")}"

            [listener.submission]
            endpoint = "{Door.Endpoint}"
            max_connections_per_address = 500
            max_transactions = 1000000

            [dkim]
            enabled = false

            [route."*"]
            type = "discard"

            """);
        _daemon = Daemon.Start(Path.Combine(folder, "relay.log"), executable, "serve", "--config", configuration);
        await Door.WaitAsync(_daemon);
    }

    public ValueTask DisposeAsync() => _daemon?.DisposeAsync() ?? ValueTask.CompletedTask;
}
