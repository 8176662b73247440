namespace Relay.Bench.Load;

/// <summary>smtp-sink of Postfix: accepts and discards, the measure of what the source and the system can do at all.</summary>
internal sealed class SmtpSinkServer : IMailServer
{
    private Daemon? _sink;

    public string Name => "smtp-sink (discards)";

    public IReadOnlyList<int> Processes => [_sink!.Id];

    public Task StartAsync(string folder)
    {
        _sink = Daemon.Start(Path.Combine(folder, "smtp-sink.log"), "/usr/sbin/smtp-sink", "-u", "postfix", "-m", "1000", Door.Endpoint.ToString(), "1000");
        return Door.WaitAsync(_sink);
    }

    public ValueTask DisposeAsync() => _sink?.DisposeAsync() ?? ValueTask.CompletedTask;
}
