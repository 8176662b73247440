using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Platform;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>The file is changed and read again: what follows it is what parts read from then on.</summary>
public sealed class LiveReloadTests : IDisposable
{
    private const string Start = "hostname = \"mail.example.com\"\n";

    private readonly TemporaryFolder _folder = new();
    private readonly DeliveryOptions _delivery;
    private readonly IntakeOptions _intake;
    private readonly PlatformOptions _platform;
    private readonly LiveParts _live;
    private readonly ConfigurationControl _control;

    public LiveReloadTests()
    {
        File.WriteAllText(ConfigFile, Start);
        var read = ConfigurationLoader.Load(ConfigurationInput.OfProcess(ConfigFile));
        _live = new LiveParts(read.Options!);
        (_intake, _platform) = (_live.Of(read.Options!.ToIntake()), _live.Of(read.Options!.ToPlatform()));
        _delivery = _live.Of(read.Options!.ToDelivery(isSandbox: false));
        var audit = new MemoryAuditStore();
        _control = new ConfigurationControl(
            new LoadedConfiguration(read.Options!, read.Warnings, read.Settings, read.File),
            _live,
            new NoReload(),
            new DkimKeys(new MemoryDkimKeyStore(), KeyRing.Parse(KeyRing.CreateText()), audit, TimeProvider.System),
            audit,
            TimeProvider.System,
            NullLogger<ConfigurationControl>.Instance);
    }

    private string ConfigFile => Path.Combine(_folder.Path, "relay.toml");

    public void Dispose()
    {
        _control.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Retries_and_lives_of_mail_follow()
    {
        await ReloadAsync("[retry]\nschedule = [\"7m\"]\nexpire_after = \"9d\"\n[retry.broadcast]\nschedule = [\"3m\"]\nexpire_after = \"1d\"\n[site.\"slow.example\"]\nretry = [\"30m\"]\n");

        Assert.Equal([TimeSpan.FromMinutes(7)], _delivery.Retry.Steps);
        Assert.Equal([TimeSpan.FromMinutes(3)], _delivery.RetryBroadcast!.Steps);
        Assert.Equal((TimeSpan.FromDays(9), TimeSpan.FromDays(9)), (_delivery.Retry.ExpireAfter, _delivery.Sites["slow.example"].Retry!.ExpireAfter));
        Assert.Equal((TimeSpan.FromDays(9), TimeSpan.FromDays(1)), (_intake.ExpireAfterOf(MailStream.Transactional), _intake.ExpireAfterOf(MailStream.Broadcast)));
        Assert.Equal(TimeSpan.FromDays(9), _platform.ExpireAfter);
        Assert.Equal(TimeSpan.FromDays(11), _live.DkimRotation.PublishedAfterRetiring);
    }

    [Fact]
    public async Task What_delivery_reads_at_each_use_follows()
    {
        await ReloadAsync("""
            [delivery]
            connect_timeout = "7s"
            tls = "required"
            max_connections = 17
            idle_connection_timeout = "3s"
            max_messages_per_connection = 5
            chunking = false
            mta_sts = false
            dane = false
            on_unknown = "hold"
            learning = false
            probe_interval = "5m"
            [delivery.timeouts]
            greeting = "11s"
            """);

        Assert.Equal((TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(11)), (_delivery.Timeouts.Connect, _delivery.Timeouts.Greeting));
        Assert.Equal((DeliveryTlsMode.Required, 5), (_delivery.SiteDefaults.Tls, _delivery.SiteDefaults.MaxMessagesPerConnection));
        Assert.Equal((17, TimeSpan.FromSeconds(3)), (_delivery.MaxConnections, _delivery.IdleTimeout));
        Assert.Equal((false, false, false, false), (_delivery.UseChunking, _delivery.UseMtaSts, _delivery.UseDane, _delivery.Shaping.Learning));
        Assert.Equal((UnknownOutcome.Hold, TimeSpan.FromMinutes(5)), (_delivery.OnUnknown, _delivery.Suspension.Longest));
    }

    [Fact]
    public async Task Who_is_told_of_alerts_follows_and_who_tells_does_not()
    {
        await ReloadAsync("[alert]\nmail_to = [\"night@example.com\"]\nwebhook = \"https://alerts.example.com/\"\nqueue_age = \"2h\"\ndeferral_share = \"20%\"\nblock_lists = [\"list.example\"]\n[bounce]\nfrom = \"other@example.com\"\n");

        var alerts = _live.Alerts;
        Assert.Equal(("night@example.com", "https://alerts.example.com/"), (Assert.Single(alerts.MailTo).ToString(), alerts.Webhook?.ToString()));
        Assert.Equal((TimeSpan.FromHours(2), 0.2, "list.example"), (alerts.QueueAge, alerts.DeferralShare, Assert.Single(alerts.BlockLists)));
        Assert.NotEqual("other@example.com", alerts.From.ToString());
    }

    [Fact]
    public async Task What_waits_for_a_restart_is_told_and_stays()
    {
        var report = await ReloadAsync("[delivery]\nport = 2525\nchunking = false\n[egress.source.a]\naddress = \"192.0.2.1\"\n[route.\"example.net\"]\ntype = \"capture\"\n[retry]\njitter = \"20%\"\n");

        Assert.Equal(["delivery", "egress", "route"], report.Changes.Where(change => change.NeedsRestart).Select(change => change.Key.Split('.')[0]).Distinct());
        Assert.Contains(report.Changes, change => change is { Key: "delivery.chunking", NeedsRestart: false });
        Assert.Contains(report.Changes, change => change is { Key: "retry.jitter", NeedsRestart: false });
        Assert.Equal((25, false), (_delivery.Port, _delivery.UseChunking));
        Assert.Empty(_delivery.Routes);
    }

    [Fact]
    public async Task Faults_of_a_text_that_is_not_the_file_name_what_it_is()
    {
        const string Faulty = "hostname = \"mail.example.com\"\n[queue]\nwindow = 0\n";

        Assert.StartsWith("next/candidate.toml:3: queue.window", Assert.Single(_control.Check(Faulty, "next/candidate.toml").Faults), StringComparison.Ordinal);
        Assert.StartsWith("candidate:3: ", Assert.Single(_control.Check(Faulty, null).Faults), StringComparison.Ordinal);

        await File.WriteAllTextAsync(ConfigFile, Faulty);
        Assert.StartsWith($"{ConfigFile}:3: ", Assert.Single(_control.Check(null, null).Faults), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_comes_is_told_by_what_it_says()
    {
        var report = await ReloadAsync("[route.\"example.net\"]\ntype = \"smarthost\"\nsmarthost = \"192.0.2.1:25\"\n");
        Assert.Equal(["route.\"example.net\".smarthost", "route.\"example.net\".type"], report.Changes.Select(change => change.Key));

        report = await ReloadAsync("[route.\"example.net\"]\ntype = \"smarthost\"\nsmarthost = \"192.0.2.1:25\"\ntls = \"none\"\n");
        Assert.Equal("route.\"example.net\".tls", Assert.Single(report.Changes).Key);
    }

    [Fact]
    public void The_documentation_lists_what_follows_and_nothing_else()
    {
        var text = File.ReadAllText(Path.Combine(TestData.Root, "docs", "configuration.md"));
        var chapter = text[text.IndexOf("## Without a restart", StringComparison.Ordinal)..];
        var listed = chapter[..chapter.IndexOf("\n## ", 5, StringComparison.Ordinal)].Split('`').Where((part, index) => index % 2 == 1 && part.Contains('.', StringComparison.Ordinal));

        Assert.Equal(LiveParts.Keys.Select(key => key.EndsWith('.') ? key + "*" : key).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    private async Task<Relay.Admin.ConfigurationCheck> ReloadAsync(string more)
    {
        await File.WriteAllTextAsync(ConfigFile, Start + more);
        var report = await _control.ReloadAsync(new AuditActor("test", null), CancellationToken.None);
        Assert.Empty(report.Faults);
        return report;
    }

    private sealed class NoReload : IDeliveryReload
    {
        public void Renew()
        {
        }
    }
}
