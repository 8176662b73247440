using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Signals and supervision: reload, stop, restart, systemd.</summary>
public sealed class RunningServerTests
{
    private static readonly byte[] Content = "From: a@example.com\r\nSubject: signals\r\n\r\nHello\r\n"u8.ToArray();

    [Fact]
    public async Task A_hangup_signal_puts_a_new_certificate_in_force_without_losing_connections()
    {
        await using var relay = new RelayProcess { ServeOptions = ["--sandbox"] };
        var file = Path.Combine(relay.Folder, "server.pem");
        var first = await WriteCertificateAsync(file);
        relay.Configure($"[tls]\ncertificate = \"{file}\"\nkey = \"{file}\"\n");
        await relay.StartAsync();
        var (open, _) = await SmtpTalk.OpenAsync(relay.SmtpPort);
        await using var _ = open;
        Assert.Equal(first, await ShownSerialAsync(relay));

        var second = await WriteCertificateAsync(file);
        relay.Signal("HUP");

        await Poll.UntilAsync("the new certificate is shown", async () => await ShownSerialAsync(relay) == second);
        await open.SendMailAsync("a@example.com", ["b@example.net"], Content);
        await relay.ReachesAsync("b@example.net", "captured");
    }

    [Fact]
    public async Task A_broken_certificate_leaves_the_old_one_in_force()
    {
        await using var relay = new RelayProcess();
        var file = Path.Combine(relay.Folder, "server.pem");
        var first = await WriteCertificateAsync(file);
        relay.Configure($"[tls]\ncertificate = \"{file}\"\nkey = \"{file}\"\n");
        await relay.StartAsync();

        await File.WriteAllTextAsync(file, "half a certif");
        relay.Signal("HUP");

        await Poll.UntilAsync("the failed reload is logged", () => relay.Output.Contains(file, StringComparison.Ordinal));
        Assert.Equal(first, await ShownSerialAsync(relay));
    }

    [Fact]
    public async Task A_terminate_signal_ends_it_with_exit_code_0_and_nothing_is_lost()
    {
        await using var relay = new RelayProcess { ServeOptions = ["--sandbox"] };
        relay.Configure("[service]\nstop_grace = \"5m\"\n");
        await relay.StartAsync();
        var (talk, _) = await SmtpTalk.OpenAsync(relay.SmtpPort);
        await using (talk)
        {
            for (var i = 0; i < 50; i++)
            {
                await talk.SendMailAsync("a@example.com", ["stop@example.net"], Content);
            }

            // Long before the grace, which an open connection that says nothing does not use up.
            await relay.StopAsync();
        }

        Assert.Equal(0, relay.ExitCode);
        Assert.DoesNotContain("Unhandled", relay.Output, StringComparison.Ordinal);
        await relay.StartAsync();
        Assert.Equal(50, (await relay.EntriesAsync("stop@example.net")).Count);
        await Poll.UntilAsync("all are captured", async () =>
            (await relay.EntriesAsync("stop@example.net")).All(e => e.Word("state") == "captured"));
    }

    [Fact]
    public async Task A_restart_keeps_the_queue_and_goes_on_with_it()
    {
        await using var sink = SmtpSink.Start();
        await using var relay = new RelayProcess();
        relay.Configure("[retry]\nschedule = [\"2s\"]\n");
        await relay.StartAsync();
        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["defer@simulator.relay.test"], Content);
        var before = await relay.ReachesAsync("defer@simulator.relay.test", "deferred");

        await relay.StopAsync();
        await relay.StartAsync();

        var after = Assert.Single(await relay.EntriesAsync("defer@simulator.relay.test"));
        Assert.Equal(before.Word("messageId"), after.Word("messageId"));
        var attempts = before.GetProperty("attempts").GetInt32();
        await Poll.UntilAsync("it is tried again", async () =>
            Assert.Single(await relay.EntriesAsync("defer@simulator.relay.test")).GetProperty("attempts").GetInt32() > attempts);
    }

    [PeerFact("sh")]
    public async Task Systemd_hears_of_start_watchdog_reload_and_stop()
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        var socketPath = Path.Combine(relay.Folder, "notify");
        using var supervisor = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        supervisor.Bind(new UnixDomainSocketEndPoint(socketPath));
        relay.Environment["NOTIFY_SOCKET"] = socketPath;
        relay.Environment["WATCHDOG_USEC"] = "2000000";

        await relay.StartAsync();
        await HearAsync(supervisor, "READY=1");
        await HearAsync(supervisor, "WATCHDOG=1");
        await HearAsync(supervisor, "WATCHDOG=1");
        relay.Signal("HUP");
        await HearAsync(supervisor, "RELOADING=1");
        await HearAsync(supervisor, "READY=1");
        var stopping = HearAsync(supervisor, "STOPPING=1");
        await relay.StopAsync();
        await stopping;
        Assert.Equal(0, relay.ExitCode);
    }

    /// <summary>Reads datagrams until one has the line.</summary>
    private static async Task HearAsync(Socket supervisor, string line)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var buffer = new byte[4096];
        while (true)
        {
            var count = await supervisor.ReceiveAsync(buffer, SocketFlags.None, limit.Token);
            if (Encoding.UTF8.GetString(buffer, 0, count).Split('\n').Contains(line))
            {
                return;
            }
        }
    }

    /// <summary>A fresh certificate with its key in one file; returns the serial number.</summary>
    private static async Task<string> WriteCertificateAsync(string file)
    {
        using var certificate = TestCertificates.Create("relay.example.com");
        using var key = certificate.GetECDsaPrivateKey()!;
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return certificate.SerialNumber;
    }

    private static async Task<string> ShownSerialAsync(RelayProcess relay)
    {
        var (talk, _) = await SmtpTalk.OpenAsync(relay.SmtpPort);
        await using (talk)
        {
            await talk.StartTlsAsync();
            return talk.Certificate!.SerialNumber;
        }
    }
}
