using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>What operators do to a running server: another configuration, a backup and its restore, tokens, the doctor.</summary>
public sealed class OperatingTests
{
    private static readonly byte[] Content = "From: a@example.com\r\nSubject: kept\r\n\r\nHello\r\n"u8.ToArray();

    [Fact]
    public async Task Another_configuration_takes_effect_without_a_restart_and_can_be_taken_back()
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        await relay.StartAsync();
        var before = await File.ReadAllTextAsync(relay.ConfigFile);

        await File.WriteAllTextAsync(relay.ConfigFile, before + "\n[route.\"example.net\"]\ntype = \"capture\"\n[site.\"*\"]\nmax_connections = 3\n[limits.account.1]\nmessage_rate = \"7/h\"\n[queue]\nwindow = 77\n");
        var diff = JsonDocument.Parse(await DoesAsync(relay, "config", "diff", "--json")).RootElement;
        Assert.Contains(diff.GetProperty("changes").EnumerateArray(), c => c.Word("key") == "queue.window" && c.GetProperty("needsRestart").GetBoolean());
        Assert.All(["site.\"*\".max_connections", "limits.account.1.message_rate"], key =>
            Assert.Contains(diff.GetProperty("changes").EnumerateArray(), c => c.Word("key") == key && !c.GetProperty("needsRestart").GetBoolean()));
        relay.Signal("HUP");
        await Poll.UntilAsync("the configuration is taken", async () => (await relay.GetAsync("/admin/v1/configuration/history")).GetProperty("entries").GetArrayLength() == 2);

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.net"], Content);
        await relay.ReachesAsync("b@example.net", "captured");
        Assert.Contains("max_connections", await DoesAsync(relay, "route", "explain", "b@[192.0.2.1]"), StringComparison.Ordinal);
        Assert.Contains("site.\"*\"", await DoesAsync(relay, "route", "explain", "b@[192.0.2.1]"), StringComparison.Ordinal);
        Assert.Contains("queue.window", await DoesAsync(relay, "config", "diff"), StringComparison.Ordinal);

        await File.WriteAllTextAsync(relay.ConfigFile, before + "\n[queue]\nwindow = \"many\"\n");
        var (exitCode, output) = await relay.RunAsync("config", "reload");
        Assert.Equal(78, exitCode);
        Assert.Contains("queue.window", output, StringComparison.Ordinal);

        await DoesAsync(relay, "config", "rollback", "1");
        Assert.Equal(before, await File.ReadAllTextAsync(relay.ConfigFile));
        Assert.Equal("mx", JsonDocument.Parse(await DoesAsync(relay, "route", "explain", "b@example.net", "--json")).RootElement.Word("kind"));
    }

    [Fact]
    public async Task Other_waits_between_attempts_count_from_the_next_attempt_on()
    {
        await using var relay = new RelayProcess();
        relay.Configure("[retry]\nschedule = [\"6h\"]\njitter = \"0%\"\n");
        await relay.StartAsync();
        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["defer@simulator.relay.test"], Content);
        Assert.Equal(6, await HoursToNextAsync(relay, attempts: 1));

        await File.WriteAllTextAsync(relay.ConfigFile, (await File.ReadAllTextAsync(relay.ConfigFile)).Replace("6h", "2h", StringComparison.Ordinal));
        var report = JsonDocument.Parse(await DoesAsync(relay, "config", "reload", "--json")).RootElement;
        Assert.False(Assert.Single(report.GetProperty("changes").EnumerateArray(), change => change.Word("key") == "retry.schedule").GetProperty("needsRestart").GetBoolean());
        await DoesAsync(relay, "queue", "retry", "--all");

        Assert.Equal(2, await HoursToNextAsync(relay, attempts: 2));
    }

    /// <summary>From the attempt to the one after it, once there were so many.</summary>
    private static async Task<double> HoursToNextAsync(RelayProcess relay, int attempts)
    {
        var found = default(JsonElement);
        await Poll.UntilAsync($"attempt {attempts} is over", async () =>
        {
            var events = (await relay.GetAsync("/admin/v1/events?kind=deferred")).GetProperty("entries");
            return events.GetArrayLength() == attempts && (found = events[0]).ValueKind == JsonValueKind.Object;
        });
        return Math.Round((found.GetProperty("nextAttempt").GetDateTimeOffset() - found.GetProperty("at").GetDateTimeOffset()).TotalHours, 2);
    }

    [Fact]
    public async Task A_changed_file_is_applied_by_itself_where_that_is_wished_and_one_with_faults_is_not()
    {
        await using var relay = new RelayProcess();
        relay.Configure("[service]\nwatch_config = true\n");
        await relay.StartAsync();
        var before = await File.ReadAllTextAsync(relay.ConfigFile);

        // As editors do it: another file takes the name.
        await File.WriteAllTextAsync(relay.ConfigFile + "~", before + "[route.\"example.net\"]\ntype = \"capture\"\n");
        File.Move(relay.ConfigFile + "~", relay.ConfigFile, overwrite: true);
        await Poll.UntilAsync("the file is taken", async () => (await relay.GetAsync("/admin/v1/configuration/history")).GetProperty("entries").GetArrayLength() == 2);
        var newest = (await relay.GetAsync("/admin/v1/configuration/history")).GetProperty("entries")[0];
        Assert.Equal("file watch", newest.Word("actor"));

        await File.WriteAllTextAsync(relay.ConfigFile, before + "[queue]\nwindow = \"many\"\n");
        await Poll.UntilAsync("the fault is told", () => Task.FromResult(relay.Output.Contains("queue.window", StringComparison.Ordinal)));
        Assert.Equal("capture", JsonDocument.Parse(await DoesAsync(relay, "route", "explain", "b@example.net", "--json")).RootElement.Word("kind"));
        Assert.Equal(newest.Word("version"), (await relay.GetAsync("/admin/v1/configuration")).Word("version"));
    }

    [Fact]
    public async Task A_backup_of_a_running_server_is_restored_with_everything_held()
    {
        await using var relay = new RelayProcess();
        relay.Configure("[retry]\nschedule = [\"1h\"]\n");
        await relay.StartAsync();
        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["defer@simulator.relay.test"], Content);
        await relay.ReachesAsync("defer@simulator.relay.test", "deferred");
        var folder = Path.Combine(relay.Folder, "backup");

        await DoesAsync(relay, "backup", folder, "--with-keys");
        var (running, refused) = await relay.RunAsync("restore", folder);
        Assert.Equal(73, running);
        Assert.Contains("stop it", refused, StringComparison.Ordinal);

        await relay.StopAsync();
        Directory.Move(relay.DataFolder, relay.DataFolder + ".old");
        await RefusesDamagedAsync(relay, folder);
        Assert.Contains("1 recipient that waited is held", await DoesAsync(relay, "restore", folder), StringComparison.Ordinal);
        await relay.StartAsync();

        await relay.ReachesAsync("defer@simulator.relay.test", "held");
        Assert.Empty(JsonDocument.Parse(await DoesAsync(relay, "job", "list", "--json")).RootElement.GetProperty("entries").EnumerateArray());
        await DoesAsync(relay, "queue", "release", "--all");
        await relay.ReachesAsync("defer@simulator.relay.test", "deferred");
    }

    // Of a backup that is not whole nothing is made: neither damage inside a database, nor one cut short, nor one without content.
    private static async Task RefusesDamagedAsync(RelayProcess relay, string folder)
    {
        var database = Path.Combine(folder, "relay.db");
        var whole = await File.ReadAllBytesAsync(database);
        foreach (var (damage, sentence) in new (byte[] Bytes, string Sentence)[]
        {
            ([.. whole[..4096], .. new byte[4096], .. whole[8192..]], "relay.db is damaged"), (whole[..8192], $"relay.db has 8192 octets in place of {whole.Length}"),
        })
        {
            await File.WriteAllBytesAsync(database, damage);
            var (exitCode, output) = await relay.RunAsync("restore", folder);
            Assert.Equal(66, exitCode);
            Assert.Contains(sentence, output, StringComparison.Ordinal);
            Assert.False(Directory.Exists(relay.DataFolder));
        }

        await File.WriteAllBytesAsync(database, whole);
    }

    [Fact]
    public async Task Tokens_look_from_elsewhere_and_the_doctor_looks_at_the_machine()
    {
        await using var relay = new RelayProcess();
        relay.Configure(hostname: "relay");
        await relay.StartAsync();
        relay.Environment["RELAY_TOKEN"] = (await DoesAsync(relay, "token", "create", "screen", "--role", "view")).Trim();
        var url = new Uri($"http://127.0.0.1:{relay.AdminPort}").ToString();

        Assert.Contains(", up ", await DoesAsync(relay, "status", "--url", url), StringComparison.Ordinal);
        var (exitCode, output) = await relay.RunAsync("queue", "hold", "--all", "--url", url);
        Assert.Equal(1, exitCode);
        Assert.Contains("this needs the role 'operate'", output, StringComparison.Ordinal);

        Assert.Contains("screen", await ListTokensAsync(relay, terminalColumns: null), StringComparison.Ordinal);
        Assert.DoesNotContain("Last used", await ListTokensAsync(relay, terminalColumns: null), StringComparison.Ordinal);
        Assert.Matches(@"Token\s+Role\s+Created\s+Last used", await ListTokensAsync(relay, terminalColumns: 120));

        var (ill, findings) = await relay.RunAsync("doctor", "--lists", "none");
        Assert.Equal(1, ill);
        Assert.Contains("FAIL  hostname", findings, StringComparison.Ordinal);
        Assert.Contains("→ set hostname in relay.toml", findings, StringComparison.Ordinal);
        Assert.Contains("no sending domain is known", findings, StringComparison.Ordinal);

        await DoesAsync(relay, "dkim", "generate", "example.com");
        (_, findings) = await relay.RunAsync("doctor", "--lists", "none");
        Assert.Contains("there are signing keys of example.com", findings, StringComparison.Ordinal);
    }

    private static async Task<string> ListTokensAsync(RelayProcess relay, int? terminalColumns)
    {
        using var output = new StringWriter();
        Assert.Equal(0, await CommandRunner.RunAsync(["token", "list", "--config", relay.ConfigFile], TextReader.Null, output, TextWriter.Null, terminalColumns));
        return output.ToString();
    }

    [Fact]
    public async Task Who_follows_events_sees_a_restart_and_goes_on_behind_it()
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        var (exitCode, output) = await relay.RunAsync("event", "tail");
        Assert.Equal(69, exitCode);
        Assert.Contains("start it with 'relay serve' first", output, StringComparison.Ordinal);
        await relay.StartAsync();

        await using var tail = RunningProgram.Start(RelayProcess.Executable, ["event", "tail", "--kind", "delivered", "--config", relay.ConfigFile], relay.Folder);
        await ShowsUntilSeenAsync(relay, tail);
        await relay.StopAsync();
        await Poll.UntilAsync("the end of the stream is told", () => Task.FromResult(tail.Output.Contains("the server ended the stream", StringComparison.Ordinal)));
        await relay.StartAsync();
        await DoesAsync(relay, "send", "--to", "open@simulator.relay.test", "--subject", "again");
        await Poll.UntilAsync("the event behind the restart is shown", () => Task.FromResult(tail.Output.Contains("open@simulator.relay.test", StringComparison.Ordinal)));
        await Poll.UntilAsync("the return is told", () => Task.FromResult(tail.Output.Contains("the server is back", StringComparison.Ordinal)));
    }

    // The stream is not yet open when the command has begun: mail is sent until one is seen.
    private static Task ShowsUntilSeenAsync(RelayProcess relay, RunningProgram tail) => Poll.UntilAsync("an event is shown", async () =>
    {
        await DoesAsync(relay, "send", "--to", "delivered@simulator.relay.test", "--subject", "first");
        return tail.Output.Contains("delivered@simulator.relay.test", StringComparison.Ordinal);
    });

    [Fact]
    public async Task A_restart_forgets_nothing_of_the_last_hour()
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        await relay.StartAsync();
        await DoesAsync(relay, "send", "--to", "delivered@simulator.relay.test");
        await Poll.UntilAsync("the delivery is in the history", async () =>
            (await relay.GetAsync("/admin/v1/events?kind=delivered")).GetProperty("entries").GetArrayLength() == 1);

        await relay.StopAsync();
        await relay.StartAsync();

        await Poll.UntilAsync("the last hour is recalled", async () =>
            (await DoesAsync(relay, "status")).Contains("last hour               in 1, delivered 1, deferred 0, bounced 0; now ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sites_count_what_stayed_here_and_say_who_suspended_them()
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        await relay.StartAsync();
        await DoesAsync(relay, "send", "--to", "delivered@simulator.relay.test");
        await relay.ReachesAsync("delivered@simulator.relay.test", "delivered");

        await DoesAsync(relay, "site", "suspend", "@simulator", "--reason", "a test");

        await Poll.UntilAsync("the site has counted", async () =>
        {
            var line = await DoesAsync(relay, "site", "list");
            return line.Contains(" 1 delivered ", StringComparison.Ordinal) && line.Contains("SUSPENDED until it is ended: by cli: a test", StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Status_says_what_is_paused_until_when_by_whom_and_how_to_end_it()
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        await relay.StartAsync();

        await DoesAsync(relay, "suspend", "add", "domain", "example.net", "--reason", "they move", "--for", "2h");
        await DoesAsync(relay, "account", "add", "shop");
        await DoesAsync(relay, "account", "suspend", "shop");
        var lines = (await DoesAsync(relay, "status")).Split('\n').Where(line => line.StartsWith("PAUSED", StringComparison.Ordinal)).ToList();

        Assert.Matches(@"^PAUSED domain +example\.net until 20[^ ]+ [0-9:]+Z by .+: they move \(relay suspend end [0-9]+\)$", lines[0]);
        Assert.Matches(@"^PAUSED account +shop until it is ended: its keys and logins are refused", lines[1]);
    }

    [Fact]
    public async Task Another_master_key_shows_in_status_health_and_doctor_until_the_right_one_is_back()
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        await relay.StartAsync();
        await DoesAsync(relay, "dkim", "generate", "example.com");
        await relay.StopAsync();
        var file = Path.Combine(relay.DataFolder, "master.key");
        File.Move(file, file + ".right");
        relay.Launch();
        using var http = new HttpClient();
        var text = string.Empty;
        await Poll.UntilAsync(
            "the relay says that its keys do not open",
            async () => (text = await ReadyAsync(http, relay, System.Net.HttpStatusCode.ServiceUnavailable)).Contains("do not open with master.key", StringComparison.Ordinal),
            TimeSpan.FromMinutes(2));
        Assert.DoesNotContain("example.com", text, StringComparison.Ordinal);

        Assert.Contains("the signing keys of example.com do not open with master.key", await DoesAsync(relay, "status"), StringComparison.Ordinal);
        Assert.Contains("FAIL  keys", (await relay.RunAsync("doctor", "--lists", "none")).Output, StringComparison.Ordinal);

        await relay.StopAsync();
        Assert.Contains("FAIL  keys", (await relay.RunAsync("doctor", "--lists", "none")).Output, StringComparison.Ordinal);
        File.Move(file + ".right", file, overwrite: true);
        await relay.StartAsync();
        using var well = await http.GetAsync(new Uri($"http://127.0.0.1:{relay.AdminPort}/health/ready"));
        Assert.Equal(System.Net.HttpStatusCode.OK, well.StatusCode);
    }

    /// <summary>What the ready check says; empty while it is not served, or with another status.</summary>
    private static async Task<string> ReadyAsync(HttpClient http, RelayProcess relay, System.Net.HttpStatusCode wanted)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{relay.AdminPort}/health/ready"));
            return answer.StatusCode == wanted ? await answer.Content.ReadAsStringAsync() : string.Empty;
        }
        catch (HttpRequestException)
        {
            return string.Empty;
        }
    }

    private static async Task<string> DoesAsync(RelayProcess relay, params string[] arguments)
    {
        var (exitCode, output) = await relay.RunAsync(arguments);
        Assert.True(exitCode == 0, output);
        return output;
    }
}
