using System.Net;
using Relay.Dns;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SpfEvaluatorTests
{
    private static readonly IPAddress Client = IPAddress.Parse("192.0.2.10");

    [Theory]
    [InlineData("v=spf1 ip4:192.0.2.10 -all", SpfOutcome.Pass)]
    [InlineData("v=spf1 ip4:192.0.2.0/28 -all", SpfOutcome.Pass)]
    [InlineData("v=spf1 ip4:192.0.2.0/29 -all", SpfOutcome.Fail)]
    [InlineData("v=spf1 ip6:2001:db8::/32 ~all", SpfOutcome.SoftFail)]
    [InlineData("v=spf1 a:out.example.com -all", SpfOutcome.Pass)]
    [InlineData("v=spf1 a:mx1.example.com/24 -all", SpfOutcome.Pass)]
    [InlineData("v=spf1 mx -all", SpfOutcome.Fail)]
    [InlineData("v=spf1 mx/24 -all", SpfOutcome.Pass)]
    [InlineData("v=spf1 include:other.example.net -all", SpfOutcome.Pass)]
    [InlineData("v=spf1 redirect=other.example.net", SpfOutcome.Pass)]
    [InlineData("v=spf1 exists:%{ir}.list.example.com -all", SpfOutcome.Pass)]
    [InlineData("v=spf1 ptr -all", SpfOutcome.Pass)]
    [InlineData("v=spf1 ?all", SpfOutcome.Neutral)]
    [InlineData("v=spf1", SpfOutcome.Neutral)]
    [InlineData("v=spf1 include:absent.example.net -all", SpfOutcome.PermError)]
    [InlineData("v=spf1 ipv4:192.0.2.10 -all", SpfOutcome.PermError)]
    [InlineData("v=spf1 ip4:192.0.2.300 -all", SpfOutcome.PermError)]
    [InlineData("v=spf1 redirect=a.example.com redirect=b.example.com", SpfOutcome.PermError)]
    [InlineData("v=spf10 -all", SpfOutcome.None)]
    public async Task Gives_the_result_of_the_record(string record, SpfOutcome expected)
    {
        var zone = Zone().Txt("example.com", record);
        Assert.Equal(expected, (await CheckAsync(zone)).Outcome);
    }

    [Fact]
    public async Task Tells_which_term_matched()
    {
        var result = await CheckAsync(Zone().Txt("example.com", "v=spf1 a:out.example.com -all"));
        Assert.Equal("a:out.example.com of example.com matches", result.Reason);
        Assert.Equal(1, result.Lookups);
    }

    [Fact]
    public async Task Takes_ten_lookups_and_not_eleven()
    {
        var ten = string.Join(' ', Enumerable.Range(0, 10).Select(_ => "a:mx1.example.com"));
        Assert.Equal(SpfOutcome.Fail, (await CheckAsync(Zone().Txt("example.com", $"v=spf1 {ten} -all"))).Outcome);
        var eleven = await CheckAsync(Zone().Txt("example.com", $"v=spf1 {ten} mx -all"));
        Assert.Equal(SpfOutcome.PermError, eleven.Outcome);
        Assert.Contains("more than 10 DNS look-ups", eleven.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_two_lookups_that_find_nothing_and_not_three()
    {
        Assert.Equal(SpfOutcome.Fail, (await CheckAsync(Zone().Txt("example.com", "v=spf1 a:n1.example.com a:n2.example.com -all"))).Outcome);
        var three = await CheckAsync(Zone().Txt("example.com", "v=spf1 a:n1.example.com a:n2.example.com a:n3.example.com -all"));
        Assert.Equal(SpfOutcome.PermError, three.Outcome);
        Assert.Contains("find nothing", three.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_that_include_each_other_come_to_an_end()
    {
        var zone = Zone().Txt("example.com", "v=spf1 include:b.example.com -all").Txt("b.example.com", "v=spf1 include:example.com -all");
        Assert.Equal(SpfOutcome.PermError, (await CheckAsync(zone)).Outcome);
    }

    [Fact]
    public async Task A_silent_server_is_a_temporary_error()
    {
        var zone = Zone().Txt("example.com", "v=spf1 a:slow.example.com -all").Fails("slow.example.com", DnsStatus.Timeout);
        Assert.Equal(SpfOutcome.TempError, (await CheckAsync(zone)).Outcome);
    }

    [Fact]
    public async Task The_explanation_is_expanded()
    {
        var zone = Zone().Txt("example.com", "v=spf1 -all exp=why.%{d}").Txt("why.example.com", "%{i} may not send for %{o}, says %{r}");
        Assert.Equal("192.0.2.10 may not send for example.com, says relay.example.org", (await CheckAsync(zone)).Explanation);
    }

    [Fact]
    public async Task The_null_reverse_path_asks_about_the_name_of_ehlo()
    {
        var evaluator = new SpfEvaluator(Zone().Txt("mail.example.com", "v=spf1 ip4:192.0.2.10 -all"), "relay.example.org", TimeProvider.System);
        var result = await evaluator.CheckAsync(SpfQuestion.Of(Client, ReversePath.Null, "mail.example.com"), CancellationToken.None);
        Assert.Equal(SpfOutcome.Pass, result.Outcome);
    }

    [Fact]
    public async Task Any_record_gives_a_result_within_the_limits()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] words =
        [
            "a", "mx", "ptr", "include:b.example.com", "include:%{d}", "exists:%{l1r-}.%{d2}", "redirect=b.example.com", "exp=%{p}.x", "ip4:1.2.3.4/0", "ip6:::1", "%", "%{", "%{z}",
            "%{d0}", "+", "-", "?a:", "a/33", "a//129", "mx//0", "all", "v=spf1", "=", "x=%{h}", "exists:", "\u00e9", "ip4:", "a:..", "ptr:b.example.com", "%{D9999999999r.}",
        ];
        for (var round = 0; round < 2000; round++)
        {
            string Record() => "v=spf1 " + string.Join(random.Next(10) == 0 ? "" : " ", Enumerable.Range(0, random.Next(12)).Select(_ => words[random.Next(words.Length)]));
            var zone = Zone().Txt("example.com", Record()).Txt("b.example.com", Record());
            var result = await CheckAsync(zone);
            Assert.True(result.Lookups <= 11 && zone.Lookups.Count <= 150, $"seed {seed}, round {round}: {zone.Lookups.Count} look-ups");
        }
    }

    private static ZoneTable Zone() => new ZoneTable()
        .Address("out.example.com", "192.0.2.10")
        .Mx("example.com", 10, "mx1.example.com")
        .Address("mx1.example.com", "192.0.2.99")
        .Txt("other.example.net", "v=spf1 ip4:192.0.2.10 -all")
        .Address("10.2.0.192.list.example.com", "127.0.0.2")
        .Ptr("192.0.2.10", "out.example.com");

    private static async Task<SpfResult> CheckAsync(ZoneTable zone)
    {
        var evaluator = new SpfEvaluator(zone, "relay.example.org", TimeProvider.System);
        return await evaluator.CheckAsync(SpfQuestion.Of(Client, new ReversePath(Mailbox.Parse("alice@example.com")), "out.example.com"), CancellationToken.None);
    }
}
