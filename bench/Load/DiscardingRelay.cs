using System.Net;

namespace Relay.Bench.Load;

/// <summary>The relay as delivered, unsigned; what it has accepted durably goes to a discard route.</summary>
/// <param name="name">In the table.</param>
/// <param name="holds">It stays in the queue instead.</param>
internal sealed class DiscardingRelay(string name, string executable, bool holds) : IMailServer
{
    private static readonly IPEndPoint Admin = new(IPAddress.Loopback, 8025);

    private Daemon? _daemon;
    private string? _token;

    public string Name => name;

    public bool HasTls => true;

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

            [admin]
            endpoint = "{Admin}"

            [dkim]
            enabled = false

            [route."*"]
            type = "discard"

            """);
        _daemon = Daemon.Start(Path.Combine(folder, "relay.log"), executable, "serve", "--config", configuration);
        await Door.WaitAsync(_daemon);
        if (holds)
        {
            await Daemon.RunAsync(executable, "suspend", "add", "account", "default", "--config", configuration);
        }

        _token = (await File.ReadAllTextAsync(Path.Combine(folder, "data", "admin.token"))).Trim();
    }

    public async Task<long?> AllocatedBytesAsync() => await AllocationMetric.ReadAsync(Admin, _token);

    public ValueTask DisposeAsync() => _daemon?.DisposeAsync() ?? ValueTask.CompletedTask;
}
