using System.Globalization;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Postfix on a machine of its own hands everything to the relay as its smarthost, over TLS, with the sender's wish for reports.</summary>
[Collection(ClientsCollection.Name)]
public sealed class PostfixSmarthostTests(SubmissionRelay submission) : IAsyncLifetime
{
    private static readonly string Postfix = PeerFactAttribute.FindExecutable("postfix") ?? string.Empty;

    private readonly TemporaryFolder _folder = new();
    private RunningProgram? _master;

    private string Log => SharedFile.ReadText(_folder.File("queue", "log"));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_master is not null)
        {
            await RunningProgram.RunAsync(Postfix, ["-c", _folder.File("etc"), "stop"]);
            await _master.DisposeAsync();
        }

        _folder.Dispose();
    }

    [PeerFact("postfix", NeedsRoot = true)]
    public async Task Takes_what_postfix_passes_on()
    {
        var port = LoopbackPorts.Free();
        await StartAsync(port);

        var (exitCode, output) = await RunningProgram.RunAsync("sh",
        [
            "-c", "printf 'Subject: by postfix\\n\\n.a dot\\n' | /usr/sbin/sendmail -C \"$0\" -N success,failure -R hdrs -V id123 -f app@example.com postfix@example.net",
            _folder.File("etc"),
        ]);

        Assert.True(exitCode == 0, output);
        var entry = await submission.Relay.ReachesAsync("postfix@example.net", "captured");
        Assert.Equal("by postfix", entry.Word("subject"));
        await Poll.UntilAsync("Postfix has handed it over", () => Task.FromResult(Log.Contains("dsn=2.0.0, status=sent", StringComparison.Ordinal)));
    }

    private async Task StartAsync(int port)
    {
        foreach (var folder in (string[])["etc", "queue", "data"])
        {
            Directory.CreateDirectory(_folder.File(folder));
        }

        await File.WriteAllTextAsync(_folder.File("etc", "main.cf"), string.Create(
            CultureInfo.InvariantCulture,
            $"""
            compatibility_level = 3.6
            queue_directory = {_folder.File("queue")}
            data_directory = {_folder.File("data")}
            command_directory = /usr/sbin
            daemon_directory = /usr/lib/postfix/sbin
            mail_owner = postfix
            setgid_group = postdrop
            myhostname = app.example.com
            mydestination =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            relayhost = [127.0.0.1]:{submission.Relay.SmtpPort}
            smtp_tls_security_level = encrypt
            maillog_file = {_folder.File("queue", "log")}
            maillog_file_prefixes = /tmp, /var, {_folder.Path}

            """));
        await File.WriteAllTextAsync(_folder.File("etc", "master.cf"), PostfixServices.At("127.0.0.1", port));
        var (_, output) = await RunningProgram.RunAsync("sh", ["-c", $"chown postfix {_folder.File("data")}; chmod 755 {_folder.Path}; {Postfix} -c {_folder.File("etc")} check"]);
        _master = RunningProgram.Start(Postfix, ["-c", _folder.File("etc"), "start-fg"]);
        await Poll.UntilAsync("Postfix answers; it printed: " + output + _master.Output, () => TcpProbe.AnswersAsync("127.0.0.1", port));
    }
}
