namespace Relay.Bench.Load;

/// <summary>Haraka with its plugin that discards: it accepts and stores nothing.</summary>
/// <param name="executable">Its <c>bin/haraka</c>.</param>
internal sealed class HarakaServer(string executable) : IMailServer
{
    private Daemon? _haraka;

    public string Name => "Haraka (discards)";

    public bool HasTls => true;

    public IReadOnlyList<int> Processes => [_haraka!.Id];

    public async Task StartAsync(string folder)
    {
        var home = Path.Combine(folder, "haraka");
        await Daemon.RunAsync("node", executable, "-i", home);
        var settings = Path.Combine(home, "config");
        await File.WriteAllTextAsync(Path.Combine(settings, "smtp.ini"), $"listen={Door.Endpoint}\nnodes=cpus\n");
        await File.WriteAllTextAsync(Path.Combine(settings, "plugins"), "tls\nrcpt_to.in_host_list\nqueue/discard\n");
        await File.WriteAllTextAsync(Path.Combine(settings, "host_list"), string.Join('\n', Enumerable.Range(0, SmtpSink.Addresses).Select(Zone.DomainOf)) + "\n");
        await File.WriteAllTextAsync(Path.Combine(settings, "log.ini"), "level=crit\n");
        await File.WriteAllTextAsync(Path.Combine(settings, "databytes"), "20480000\n");
        await TlsFiles.WriteAsync(settings);

        // Its plugin discards only when it is told so once more.
        _haraka = Daemon.Start(Path.Combine(folder, "haraka.log"), "/usr/bin/env", "YES_REALLY_DO_DISCARD=1", "node", executable, "-c", home);
        await Door.WaitAsync(_haraka);
    }

    public ValueTask DisposeAsync() => _haraka?.DisposeAsync() ?? ValueTask.CompletedTask;
}
