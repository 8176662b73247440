using System.Net;

namespace Relay.Bench.Load;

/// <summary>An engine that keeps nothing: the relay's, with a policy that allows everything, or the package SmtpServer (bench/Micro).</summary>
/// <param name="executable">Of bench/Micro.</param>
/// <param name="door">Which of its doors: <c>door</c> or <c>package-door</c>.</param>
internal sealed class EngineServer(string executable, string name, string door) : IMailServer
{
    private static readonly IPEndPoint Metrics = new(IPAddress.Loopback, 8026);

    private Daemon? _daemon;

    public string Name => name;

    public bool HasTls => true;

    public IReadOnlyList<int> Processes => [_daemon!.Id];

    public async Task StartAsync(string folder)
    {
        // The settings of src/Relay/Relay.csproj, so that both run alike.
        _daemon = Daemon.Start(
            Path.Combine(folder, "engine.log"),
            "/usr/bin/env",
            "DOTNET_TieredPGO=0", "DOTNET_TC_QuickJit=0", "DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=A",
            executable, door, Door.Endpoint.ToString(), Metrics.ToString());
        await Door.WaitAsync(_daemon);
    }

    public async Task<long?> AllocatedBytesAsync() => await AllocationMetric.ReadAsync(Metrics, token: null);

    public ValueTask DisposeAsync() => _daemon?.DisposeAsync() ?? ValueTask.CompletedTask;
}
