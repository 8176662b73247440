using System.Globalization;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary><c>mailq</c> as programs call it, beside a running server, without one, and by users who may not.</summary>
public sealed class MailqTests
{
    [Fact]
    public async Task Lists_what_waits_beside_a_running_server_and_without_one()
    {
        await using var relay = await StartAsync();
        Assert.Contains("Mail queue is empty", await ListAsync(relay), StringComparison.Ordinal);
        await SmtpTalk.SubmitAsync(relay.SmtpPort, "sender@example.com", ["one@example.net", "two@example.net"], "From: sender@example.com\r\nSubject: waits\r\n\r\nhello\r\n"u8.ToArray());
        var entry = await relay.ReachesAsync("one@example.net", "deferred");
        await relay.ReachesAsync("two@example.net", "deferred");

        var running = await ListAsync(relay);

        Assert.Contains(entry.Word("messageId")!, running, StringComparison.Ordinal);
        Assert.Contains("one@example.net", running, StringComparison.Ordinal);
        Assert.Contains("two@example.net", running, StringComparison.Ordinal);
        Assert.Contains("-- 1 Kbytes in 1 Request.", running, StringComparison.Ordinal);

        await relay.StopAsync();
        Directory.CreateDirectory(Path.Combine(relay.DataFolder, "maildrop"));
        await File.WriteAllTextAsync(Path.Combine(relay.DataFolder, "maildrop", "x.mail"), "{}\n");
        var stopped = await ListAsync(relay);

        Assert.Contains(entry.Word("messageId")!, stopped, StringComparison.Ordinal);
        Assert.Contains("-- 1 more in the maildrop", stopped, StringComparison.Ordinal);
    }

    [PeerFact("setpriv", NeedsRoot = true)]
    public async Task A_user_to_whom_the_socket_is_closed_is_told_so()
    {
        await using var relay = await StartAsync();
        await RunningProgram.RunAsync("chmod", ["755", relay.Folder]);

        Assert.StartsWith("mailq: only the user the server runs as, and root, may ask it", await RefusedAsync(relay), StringComparison.Ordinal);

        await RunningProgram.RunAsync("chmod", ["600", relay.ConfigFile]);
        Assert.StartsWith("mailq: only the user the server runs as, and root, may list the queue", await RefusedAsync(relay), StringComparison.Ordinal);
    }

    private static async Task<string> RefusedAsync(RelayProcess relay)
    {
        var (exitCode, output) = await RunningProgram.RunAsync(
            "setpriv", ["--reuid=65534", "--clear-groups", RelayProcess.Executable, "sendmail", "-bp", "-C", relay.ConfigFile]);
        Assert.True(exitCode == 77, output);
        return output;
    }

    private static async Task<RelayProcess> StartAsync()
    {
        var relay = new RelayProcess();
        relay.Configure(string.Create(CultureInfo.InvariantCulture, $"\n[route.\"*\"]\nsmarthost = \"127.0.0.1:{LoopbackPorts.Free()}\"\n"));
        await relay.StartAsync();
        return relay;
    }

    private static async Task<string> ListAsync(RelayProcess relay)
    {
        var (exitCode, output) = await RunningProgram.RunAsync(RelayProcess.Executable, ["sendmail", "-bp", "-C", relay.ConfigFile]);
        Assert.True(exitCode == 0, output);
        return output;
    }
}
