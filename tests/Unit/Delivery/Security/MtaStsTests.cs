using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Dns;
using Relay.Smtp.Client;
using Relay.Storage;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed partial class MtaStsTests
{
    private const string Enforce = "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: *.mail.example.com\r\nmax_age: 86400\r\n";

    private readonly DeliveryKit _kit = new();
    private readonly Route _route = DeliveryKit.MxRoute("example.com", FakePeers.Host("mx1.example.com", 10), FakePeers.Host("evil.example.net", 5));

    [Theory]
    [InlineData("mx1.example.com", true)]
    [InlineData("MX1.Example.COM", true)]
    [InlineData("a.mail.example.com", true)]
    [InlineData("a.b.mail.example.com", false)]
    [InlineData("mail.example.com", false)]
    [InlineData("mx2.example.com", false)]
    [InlineData("xmx1.example.com", false)]
    public void Patterns_match_whole_names_and_one_label(string host, bool expected) => Assert.Equal(expected, Parse(Enforce)!.Matches(host));

    [Theory]
    [InlineData("version: STSv1\nmode: testing\nmx: a.example\nmax_age: 1", true)]
    [InlineData("mode:enforce\nmax_age:31557600\nmx:a.example\nversion:STSv1", true)]
    [InlineData("version: STSv1\nmode: none\nmax_age: 0\n", true)]
    [InlineData("version: STSv1\nmode: none\nmode: enforce\nmax_age: 0\nnew_field: x y z\n\n", true)]
    [InlineData("version: STSv2\nmode: testing\nmx: a.example\nmax_age: 1", false)]
    [InlineData("version: STSv1\nmode: Enforce\nmx: a.example\nmax_age: 1", false)]
    [InlineData("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: -1", false)]
    [InlineData("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 31557601", false)]
    [InlineData("version: STSv1\nmode: enforce\nmx: a*.example\nmax_age: 1", false)]
    [InlineData("version: STSv1\nmode: enforce\nmx: *\nmax_age: 1", false)]
    [InlineData("version: STSv1\nmode: enforce\nmx:\nmax_age: 1", false)]
    [InlineData("version: STSv1\nmode: enforce\nmx: a.example", false)]
    [InlineData("mode: enforce\nmx: a.example\nmax_age: 1", false)]
    [InlineData("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1\ngarbage", false)]
    [InlineData("<html>", false)]
    [InlineData("", false)]
    public void Policies_are_read_strictly(string text, bool isValid) => Assert.Equal(isValid, Parse(text) is not null);

    [Theory]
    [InlineData("v=STSv1; id=20180907T090909;", "20180907T090909")]
    [InlineData("v=STSv1;id=1", "1")]
    [InlineData("v=STSv1; other=x; id = 1 ;", "1")]
    [InlineData("id=1; v=STSv1;", null)]
    [InlineData("v=STSv12; id=1;", null)]
    [InlineData("v=STSv1", null)]
    [InlineData("v=STSv1; id=", null)]
    [InlineData("v=STSv1; id=a-b;", null)]
    [InlineData("v=STSv1; id=123456789012345678901234567890123;", null)]
    [InlineData("v=STSv1;; id=1;", null)]
    public void Records_are_read_strictly(string text, string? id) => Assert.Equal(id, MtaStsRecord.FindId([text]));

    [Fact]
    public void Records_of_others_do_not_count_and_two_are_none()
    {
        Assert.Equal("1", MtaStsRecord.FindId(["v=spf1 -all", "v=STSv1; id=1;"]));
        Assert.Null(MtaStsRecord.FindId(["v=STSv1; id=1;", "v=STSv1; id=2;"]));
    }

    [Fact]
    public async Task The_reference_domains_are_judged_as_they_should()
    {
        var files = new FakePolicyHosts();
        var zone = new FakeZone();
        foreach (Match block in PolicyHost().Matches(Data("nginx.conf")))
        {
            var isPlain = !block.Groups["body"].Value.Contains("text/html", StringComparison.Ordinal);
            if (isPlain && Answer().Match(block.Groups["body"].Value) is { Success: true } answer && !block.Groups["name"].Value.StartsWith("bad-cert", StringComparison.Ordinal))
            {
                files.Files[block.Groups["name"].Value] = answer.Groups[1].Value.Replace("\\n", "\n", StringComparison.Ordinal);
            }
        }

        foreach (Match record in TextRecord().Matches(Data("dnsmasq.conf.appendix")))
        {
            zone.Txt(record.Groups[1].Value, record.Groups[2].Value);
        }

        var policies = new MtaStsPolicies(zone, files, new MemoryMtaStsStore(), _kit.TlsSessions, _kit.Metrics, NullLogger<MtaStsPolicies>.Instance, _kit.Clock);
        var judged = 0;
        foreach (var line in Data("refdata.tsv").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (question, answer) = (line.Split('\t')[0].Split(' ')[1], line.Split('\t')[1]);
            if (!PlainDomain().IsMatch(question))
            {
                continue;
            }

            var policy = await policies.FindAsync(question, CancellationToken.None);
            var patterns = policy is { Mode: MtaStsMode.Enforce } ? "OK secure match=" + string.Join(':', policy.Patterns) + " servername=hostname" : "NOTFOUND ";
            Assert.Equal((question, answer), (question, patterns));
            judged++;
        }

        Assert.True(judged > 8, $"{judged} domains");
    }

    [Fact]
    public async Task An_enforced_policy_demands_verified_tls_and_leaves_out_hosts_it_does_not_name()
    {
        Publish(Enforce);
        _kit.Peers.Extensions = new PeerExtensions { StartTls = true };

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        Assert.Equal((OutcomeKind.Delivered, "mx1.example.com"), (result.Outcomes[0].Outcome.Kind, result.Outcomes[0].Outcome.RemoteHost));
        Assert.Equal(["mx1.example.com"], _kit.Peers.Dialled);
        Assert.True(_kit.Peers.Sessions[0].MustVerify);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_enforced_policy_defers_and_never_goes_in_clear(bool isOffered)
    {
        Publish(Enforce);
        _kit.Peers.Extensions = new PeerExtensions { StartTls = isOffered };
        _kit.Peers.TlsFailure = new SmtpProtocolException(TransactionStep.StartTls, null, "not trusted") { Handshake = HandshakeFailure.Certificate };

        var outcome = (await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route)).Outcomes[0].Outcome;

        Assert.Equal((OutcomeKind.Deferred, "tls"), (outcome.Kind, outcome.Class));
        Assert.Empty(_kit.Peers.Transactions);
    }

    [Fact]
    public async Task No_host_in_the_policy_defers_without_a_connection()
    {
        Publish(Enforce);

        var outcome = (await _kit.AttemptAsync(_kit.Task(["a@example.com"]), DeliveryKit.MxRoute("example.com", FakePeers.Host("evil.example.net")))).Outcomes[0].Outcome;

        Assert.Equal((OutcomeKind.Deferred, "tls"), (outcome.Kind, outcome.Class));
        Assert.Contains("MTA-STS policy of example.com", outcome.Text, StringComparison.Ordinal);
        Assert.Empty(_kit.Peers.Dialled);
    }

    [Theory]
    [InlineData("evil.example.net")]
    [InlineData("mx1.example.com")]
    public async Task A_policy_that_hosts_do_not_meet_is_no_word_on_their_site(string host)
    {
        Publish(Enforce);

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), DeliveryKit.MxRoute("shared.example", FakePeers.Host(host)));

        Assert.Equal(("tls", FeedbackKind.Neutral), (result.Outcomes[0].Outcome.Class, result.Feedback.Kind));
    }

    [Theory]
    [InlineData("testing")]
    [InlineData("none")]
    public async Task Other_modes_change_nothing(string mode)
    {
        Publish(Enforce.Replace("enforce", mode, StringComparison.Ordinal));

        var outcome = (await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route)).Outcomes[0].Outcome;

        Assert.Equal((OutcomeKind.Delivered, "evil.example.net"), (outcome.Kind, outcome.RemoteHost));
    }

    [Fact]
    public async Task A_policy_is_its_domains_own_where_hosts_are_shared()
    {
        Publish(Enforce);
        _kit.Peers.Extensions = new PeerExtensions { StartTls = true };
        var route = DeliveryKit.MxRoute("example.com", FakePeers.Host("mx1.example.com"));

        await _kit.AttemptAsync(_kit.Task(["a@example.org"]), route);
        await _kit.AttemptAsync(_kit.Task(["a@example.com"]), route);
        await _kit.AttemptAsync(_kit.Task(["a@example.org"]), route);

        Assert.Equal([false, true], _kit.Peers.Sessions.Select(s => s.MustVerify!.Value));
        Assert.Equal([2, 1], _kit.Peers.Sessions.Select(s => s.Sent));
    }

    [Fact]
    public async Task A_smarthost_is_not_the_domains_affair()
    {
        Publish(Enforce);

        var outcome = (await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route with { Kind = RouteKind.Smarthost })).Outcomes[0].Outcome;

        Assert.Equal(OutcomeKind.Delivered, outcome.Kind);
    }

    [Fact]
    public async Task A_policy_binds_for_its_life_though_dns_and_host_are_silent()
    {
        Publish(Enforce);
        await FindAsync();
        _kit.Zone.TxtFails("_mta-sts.example.com", DnsStatus.Timeout);
        _kit.PolicyHosts.Files.Clear();

        _kit.Clock.Advance(TimeSpan.FromHours(23));
        Assert.Equal(MtaStsMode.Enforce, (await FindAsync())!.Mode);
        _kit.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Null(await FindAsync());
    }

    [Fact]
    public async Task A_kept_policy_binds_after_a_restart()
    {
        Publish(Enforce);
        await FindAsync();
        _kit.Zone.TxtFails("_mta-sts.example.com", DnsStatus.ServerFailure);

        var restarted = new MtaStsPolicies(_kit.Zone, new FakePolicyHosts(), _kit.PolicyStore, _kit.TlsSessions, _kit.Metrics, NullLogger<MtaStsPolicies>.Instance, _kit.Clock);

        Assert.Equal(MtaStsMode.Enforce, (await restarted.FindAsync("example.com", CancellationToken.None))!.Mode);
    }

    [Fact]
    public async Task A_new_id_is_fetched_and_an_old_one_only_when_the_policy_grows_old()
    {
        Publish(Enforce);
        await FindAsync();
        _kit.Clock.Advance(TimeSpan.FromHours(1));
        await FindAsync();
        Assert.Single(_kit.PolicyHosts.Asked);

        Publish(Enforce.Replace("enforce", "none", StringComparison.Ordinal), id: "2");
        _kit.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(MtaStsMode.None, (await FindAsync())!.Mode);
        _kit.Clock.Advance(TimeSpan.FromHours(13));
        await FindAsync();
        Assert.Equal(3, _kit.PolicyHosts.Asked.Count);
    }

    [Fact]
    public async Task What_cannot_be_fetched_is_left_alone_for_some_minutes()
    {
        _kit.Zone.Txt("_mta-sts.example.com", "v=STSv1; id=1;");

        Assert.Null(await FindAsync());
        _kit.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(await FindAsync());
        Assert.Single(_kit.PolicyHosts.Asked);
        _kit.Clock.Advance(TimeSpan.FromMinutes(4));
        await FindAsync();
        Assert.Equal(2, _kit.PolicyHosts.Asked.Count);
    }

    [Fact]
    public async Task Many_mails_ask_once()
    {
        Publish(Enforce);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => FindAsync()));

        Assert.Single(_kit.PolicyHosts.Asked);
    }

    [Fact]
    public async Task A_store_in_trouble_does_not_lose_the_policy()
    {
        _kit.PolicyStore.Trouble = new IOException("disk full");
        Publish(Enforce);

        Assert.NotNull(await FindAsync());
    }

    [Fact]
    public async Task Files_keep_policies_and_survive_nonsense()
    {
        using var folder = new TemporaryFolder();
        var store = new FileMtaStsStore(folder.File("mta-sts"), TimeProvider.System);
        var policy = new StoredMtaStsPolicy("example.com", "1", DateTimeOffset.UnixEpoch, Enforce);

        Assert.Null(await store.FindAsync("example.com", CancellationToken.None));
        await store.SaveAsync(policy with { Id = "0" }, CancellationToken.None);
        await store.SaveAsync(policy, CancellationToken.None);
        Assert.Equal(policy, await new FileMtaStsStore(folder.File("mta-sts"), TimeProvider.System).FindAsync("example.com", CancellationToken.None));

        await File.WriteAllTextAsync(Assert.Single(Directory.GetFiles(folder.File("mta-sts"))), "{");
        Assert.Null(await store.FindAsync("example.com", CancellationToken.None));
    }

    [Fact]
    public async Task Files_written_while_old_ones_are_swept_stay()
    {
        var text = Enforce + new string('x', 100_000);
        for (var round = 0; round < 20; round++)
        {
            using var folder = new TemporaryFolder();
            var files = Directory.CreateDirectory(folder.File("mta-sts"));
            await File.WriteAllTextAsync(Path.Combine(files.FullName, "left.behind.new"), "half");
            var store = new FileMtaStsStore(files.FullName, TimeProvider.System);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
                store.SaveAsync(new StoredMtaStsPolicy($"d{i}.example.com", "1", DateTimeOffset.UnixEpoch, text), CancellationToken.None).AsTask())));
            Assert.Equal(8, files.GetFiles("*.json").Length);
            Assert.Equal(8, files.GetFiles().Length);
        }
    }

    private static MtaStsPolicy? Parse(string text) => MtaStsPolicy.Parse("example.com", Encoding.UTF8.GetBytes(text));

    private static string Data(string name) => File.ReadAllText(TestData.Path("mta-sts-snawoot", name));

    private void Publish(string policy, string id = "1")
    {
        _kit.Zone.Txt("_mta-sts.example.com", $"v=STSv1; id={id};");
        _kit.PolicyHosts.Files["example.com"] = policy;
    }

    private Task<MtaStsPolicy?> FindAsync() => _kit.Policies.FindAsync("example.com", CancellationToken.None).AsTask();

    [GeneratedRegex(@"server_name mta-sts\.(?<name>[a-z0-9.-]+);(?<body>.*?)location / ", RegexOptions.Singleline)]
    private static partial Regex PolicyHost();

    [GeneratedRegex("return 200 \"(.*?)\";")]
    private static partial Regex Answer();

    [GeneratedRegex("txt-record=([^,]+),\"(.*)\"")]
    private static partial Regex TextRecord();

    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]*\.loc$")]
    private static partial Regex PlainDomain();
}
