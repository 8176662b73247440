using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>The maildrop as all users of a machine share it: those who may not read the configuration, careless ones and hostile ones.</summary>
public sealed class MaildropTests
{
    private const string Nobody = "65534";
    private const string WwwData = "33";
    private const string Nameless = "54321";
    private const string Server = "54322";

    [PeerFact("setpriv", NeedsRoot = true)]
    public async Task Every_user_may_leave_mail_while_no_server_runs_and_nobody_reads_that_of_another()
    {
        await using var relay = await NewAsync();
        await relay.StartAsync();
        await relay.StopAsync();

        // Cron and PHP set what they like.
        await DropsAsync(relay, Nobody, "umask 077", "one@example.net");
        var first = Assert.Single(Directory.GetFiles(Drop(relay)));
        await DropsAsync(relay, WwwData, "umask 022", "two@example.net");

        Assert.Equal("1733 54322\n", await FactsAsync(Drop(relay)));
        Assert.Equal("644 65534\n", await FactsAsync(first));
        foreach (var user in new[] { Nobody, WwwData })
        {
            Assert.NotEqual(0, (await AsAsync(user, "ls \"$0\"", Drop(relay))).ExitCode);
        }

        var (exitCode, removed) = await AsAsync(WwwData, "rm -f \"$0\"", first);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("Operation not permitted", removed, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(Drop(relay), "*.mail").Length);
    }

    [PeerFact("setpriv", NeedsRoot = true)]
    public async Task What_users_left_arrives_with_sender_and_user()
    {
        await using var relay = await NewAsync();
        await relay.StartAsync();
        await relay.StopAsync();
        await DropsAsync(relay, Nobody, "umask 077", "one@example.net");
        await DropsAsync(relay, WwwData, "umask 022", "two@example.net", "-f", "shop@example.com");
        await DropsAsync(relay, Nameless, "umask 022", "three@example.net");

        await relay.StartAsync();

        var one = await relay.ReachesAsync("one@example.net", "captured");
        Assert.Equal("nobody@relay.example.com", one.Word("reversePath"));
        Assert.Contains("(from userid 65534)", Encoding.ASCII.GetString(await relay.RawAsync(one)), StringComparison.Ordinal);
        var two = await relay.ReachesAsync("two@example.net", "captured");
        Assert.Equal("shop@example.com", two.Word("reversePath"));
        Assert.Contains("(from userid 33)", Encoding.ASCII.GetString(await relay.RawAsync(two)), StringComparison.Ordinal);
        Assert.Equal("uid54321@relay.example.com", (await relay.ReachesAsync("three@example.net", "captured")).Word("reversePath"));
        await Poll.UntilAsync("the maildrop is empty", () => Task.FromResult(Directory.GetFiles(Drop(relay)).Length == 0));
    }

    [PeerFact("setpriv", "mkfifo", NeedsRoot = true)]
    public async Task What_hostile_users_put_there_keeps_nobody_elses_mail_waiting()
    {
        await using var relay = await NewAsync();
        var secret = Path.Combine(relay.Folder, "secret");
        await File.WriteAllTextAsync(secret, """{"From":null,"To":["stolen@example.net"],"Body":0,"Utf8":false,"Notify":0,"Return":0,"EnvelopeId":null}""" + "\nSubject: stolen\r\n\r\nx\r\n");
        await relay.StartAsync();
        await relay.StopAsync();
        await DoesAsync(
            WwwData,
            "cd \"$0\" && mkfifo a.mail && ln -s \"$1\" b.mail && ln -s /nowhere c.mail && mkdir d.mail && echo '{' > e.mail && : > f.mail && ln -s /dev/zero g.mail && echo x > i.mail && chmod 0 i.mail "
                + "&& touch -d 2001-01-01 -h a.mail b.mail c.mail d.mail e.mail f.mail g.mail i.mail",
            Drop(relay), secret);
        await RunningProgram.RunAsync("ln", [secret, Path.Combine(Drop(relay), "h.mail")]);
        await DropsAsync(relay, Nobody, "umask 022", "one@example.net");

        await relay.StartAsync();

        await relay.ReachesAsync("one@example.net", "captured");
        Assert.Empty(await relay.EntriesAsync("stolen@example.net"));
        await Poll.UntilAsync("all of it is put aside", () => Task.FromResult(Directory.GetFiles(Drop(relay), "*.refused").Length == 8));
        Assert.Empty(Directory.GetFiles(Drop(relay), "*.mail"));
        Assert.Contains("userid 33 left in the maildrop was refused and is kept there as", relay.Output, StringComparison.Ordinal);
    }

    [PeerFact("setpriv", NeedsRoot = true)]
    public async Task A_user_with_neither_configuration_nor_maildrop_is_told_what_an_operator_can_do()
    {
        await using var relay = await NewAsync();

        var (exitCode, output) = await SendAsync(relay, Nobody, "umask 022", "one@example.net");

        Assert.Equal(75, exitCode);
        Assert.Equal(
            $"sendmail: no server takes the message, and it cannot be kept: there is no maildrop {Drop(relay)}, which the server makes when it starts; "
                + $"[local] maildrop in {ForEverybody(relay)} must name the one of the server's own configuration\n",
            output);
        Assert.False(Directory.Exists(Drop(relay)));

        (exitCode, output) = await SendAsync(relay, Nobody, "umask 022", "one@example.net", "-C", relay.ConfigFile);

        Assert.Equal(75, exitCode);
        Assert.Equal(
            $"sendmail: {relay.ConfigFile} cannot be read by nobody: /etc/relay/sendmail.toml, readable for everybody, may tell hostname, listener and [local] maildrop instead\n",
            output);
    }

    private static async Task<string> FactsAsync(string path) => (await RunningProgram.RunAsync("stat", ["--format=%a %u", path])).Output;

    private static string Drop(RelayProcess relay) => Path.Combine(relay.Folder, "drop");

    private static string ForEverybody(RelayProcess relay) => Path.Combine(relay.Folder, "sendmail.toml");

    // As the Debian package has it: a configuration that users may not read, and beside it what they need of it.
    private static async Task<RelayProcess> NewAsync()
    {
        // The server is neither the senders' user nor root.
        var relay = new RelayProcess { ServeOptions = ["--sandbox"], Wrapper = ["setpriv", $"--reuid={Server}", $"--regid={Server}", "--clear-groups"] };
        relay.Configure($"\n[local]\nmaildrop = \"{Drop(relay)}\"\n");
        await File.WriteAllTextAsync(
            ForEverybody(relay),
            $"hostname = \"relay.example.com\"\n[listener.submission]\nendpoint = \"127.0.0.1:{relay.SmtpPort}\"\n[local]\nmaildrop = \"{Drop(relay)}\"\n");
        await RunningProgram.RunAsync("chmod", ["600", relay.ConfigFile]);
        await RunningProgram.RunAsync("chmod", ["755", relay.Folder]);
        await RunningProgram.RunAsync("chown", ["-R", Server, relay.Folder]);
        return relay;
    }

    private static async Task DropsAsync(RelayProcess relay, string user, string before, string recipient, params string[] more)
    {
        var (exitCode, output) = await SendAsync(relay, user, before, recipient, more);
        Assert.True(exitCode == 0, $"sendmail ended with {exitCode}: {output}");
    }

    private static Task<(int ExitCode, string Output)> SendAsync(RelayProcess relay, string user, string before, string recipient, params string[] more) => AsAsync(
        user, before + "; exe=$1; shift; printf 'Subject: left\\n\\nhello\\n' | \"$exe\" sendmail \"$@\"", "sh",
        [RelayProcess.Executable, "-C", ForEverybody(relay), .. more, recipient]);

    private static async Task DoesAsync(string user, string script, string zero, params string[] arguments)
    {
        var (exitCode, output) = await AsAsync(user, script, zero, arguments);
        Assert.True(exitCode == 0, output);
    }

    private static Task<(int ExitCode, string Output)> AsAsync(string user, string script, string zero, params string[] arguments) => RunningProgram.RunAsync(
        "setpriv", [$"--reuid={user}", $"--regid={user}", "--clear-groups", "sh", "-c", script, zero, .. arguments]);
}
