using System.Net;
using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

public class StubResolverTests
{
    private const string Name = "example.com";
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Asks_over_tcp_when_the_answer_was_cut()
    {
        await using var server = ScriptedDnsServer.Answering(
            q => q.OverTcp ? WithMx(q, "whole.example.com") : q.Reply().Truncated().Answer(Name, DnsPacket.Mx, 60, DnsPacket.MxData(1, "part.test")).ToArray());

        var answer = await NewResolver(server).LookupMxAsync(Name, None);

        Assert.Equal([new MxRecord(10, "whole.example.com")], answer.Records);
        Assert.Equal([false, true], server.TakeQueries().Select(q => q.OverTcp));
    }

    [Fact]
    public async Task Reads_answers_as_large_as_tcp_allows()
    {
        await using var server = ScriptedDnsServer.Answering(q => q.OverTcp
            ? q.Reply().Answer(Name, DnsPacket.Txt, 60, DnsPacket.TextData(new string('x', 65000))).ToArray()
            : q.Reply().Truncated().ToArray());

        var answer = await NewResolver(server).LookupTxtAsync(Name, None);

        Assert.Equal(65000, Assert.Single(answer.Records).Text.Length);
    }

    [Fact]
    public async Task A_cut_answer_is_never_used_when_tcp_fails()
    {
        await using var server = new ScriptedDnsServer(
            q => [q.Reply().Truncated().Answer(Name, DnsPacket.Mx, 60, DnsPacket.MxData(1, "part.test")).ToArray()], withTcp: false);

        var answer = await NewResolver(server).LookupMxAsync(Name, None);

        Assert.Equal(DnsStatus.ServerFailure, answer.Status);
        Assert.Empty(answer.Records);
        Assert.Equal($"{server.EndPoint} sent a truncated answer and failed over TCP", answer.Detail);
    }

    [Fact]
    public async Task A_cut_answer_over_tcp_is_malformed()
    {
        await using var server = ScriptedDnsServer.Answering(q => q.Reply().Truncated().ToArray());

        Assert.Equal(DnsStatus.ServerFailure, (await NewResolver(server).LookupMxAsync(Name, None)).Status);
    }

    [Theory]
    [InlineData("SERVFAIL")]
    [InlineData("REFUSED")]
    [InlineData("NOTIMP")]
    [InlineData("malformed")]
    [InlineData("referral")]
    public async Task The_next_server_is_asked_when_one_is_of_no_use(string trouble)
    {
        await using var useless = ScriptedDnsServer.Answering(q => Trouble(q, trouble));
        await using var good = ScriptedDnsServer.Answering(q => WithMx(q, "mx.example.com"));

        var answer = await NewResolver(useless, good).LookupMxAsync(Name, None);

        Assert.Equal([new MxRecord(10, "mx.example.com")], answer.Records);
        Assert.NotEmpty(useless.TakeQueries());
    }

    [Fact]
    public async Task A_silent_server_is_left_for_the_next_and_then_asked_last()
    {
        await using var silent = ScriptedDnsServer.Silent();
        await using var good = ScriptedDnsServer.Answering(q => WithMx(q, "mx.example.com"));
        var resolver = NewResolver(silent, good);

        var first = resolver.LookupMxAsync(Name, None).AsTask();
        await silent.NextQueryAsync();
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.True((await first).IsSuccess);
        Assert.True((await resolver.LookupMxAsync(Name, None)).IsSuccess);

        Assert.Empty(silent.TakeQueries());
    }

    [Fact]
    public async Task Silence_from_all_servers_in_all_rounds_is_a_timeout()
    {
        await using var one = ScriptedDnsServer.Silent();
        await using var two = ScriptedDnsServer.Silent();

        var lookup = NewResolver(one, two).LookupMxAsync(Name, None).AsTask();
        foreach (var server in (ScriptedDnsServer[])[one, two, one, two])
        {
            await server.NextQueryAsync();
            Assert.False(lookup.IsCompleted);
            _time.Advance(TimeSpan.FromSeconds(3));
        }

        var answer = await lookup;
        Assert.Equal(DnsStatus.Timeout, answer.Status);
        Assert.Equal($"no answer from {one.EndPoint} within 3 s; no answer from {two.EndPoint} within 3 s", answer.Detail);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_left_at_once()
    {
        var nobody = UnusedEndPoint();
        await using var good = ScriptedDnsServer.Answering(q => WithMx(q, "mx.example.com"));

        Assert.True((await NewResolver(nobody, good.EndPoint).LookupMxAsync(Name, None)).IsSuccess);

        var alone = await NewResolver(nobody).LookupMxAsync(Name, None);
        Assert.Equal(DnsStatus.Timeout, alone.Status);
        Assert.Equal($"{nobody} cannot be reached (ConnectionRefused)", alone.Detail);
    }

    [Fact]
    public async Task Datagrams_that_answer_something_else_are_passed_over()
    {
        await using var server = new ScriptedDnsServer(q =>
        [
            new DnsPacket((ushort)(q.Id + 1)).Question(Name, DnsPacket.Mx).Answer(Name, DnsPacket.Mx, 60, DnsPacket.MxData(1, "wrong-id.test")).ToArray(),
            new DnsPacket(q.Id).Question("other.test", DnsPacket.Mx).Answer(Name, DnsPacket.Mx, 60, DnsPacket.MxData(1, "wrong-name.test")).ToArray(),
            new DnsPacket(q.Id).Question(Name, DnsPacket.A).Answer(Name, DnsPacket.Mx, 60, DnsPacket.MxData(1, "wrong-type.test")).ToArray(),
            new DnsPacket(q.Id).Answer(Name, DnsPacket.Mx, 60, DnsPacket.MxData(1, "no-question.test")).ToArray(),
            [1, 2, 3],
            WithMx(q, "mx.example.com"),
        ]);

        var answer = await NewResolver(server).LookupMxAsync(Name, None);

        Assert.Equal([new MxRecord(10, "mx.example.com")], answer.Records);
    }

    [Fact]
    public async Task A_flood_of_forgeries_moves_the_question_to_tcp()
    {
        await using var server = new ScriptedDnsServer(q => q.OverTcp
            ? [WithMx(q, "mx.example.com")]
            : Enumerable.Range(1, 20).Select(i => new DnsPacket((ushort)(q.Id + i)).Question(Name, DnsPacket.Mx).ToArray()));

        var answer = await NewResolver(server).LookupMxAsync(Name, None);

        Assert.Equal([new MxRecord(10, "mx.example.com")], answer.Records);
    }

    [Fact]
    public async Task Only_forgeries_and_silence_are_a_timeout()
    {
        await using var server = ScriptedDnsServer.Answering(q => new DnsPacket((ushort)~q.Id).Question(Name, DnsPacket.Mx).ToArray());

        var lookup = NewResolver(server).LookupMxAsync(Name, None).AsTask();
        for (var round = 0; round < 2; round++)
        {
            await server.NextQueryAsync();
            _time.Advance(TimeSpan.FromSeconds(3));
        }

        Assert.Equal(DnsStatus.Timeout, (await lookup).Status);
    }

    [Fact]
    public async Task A_bogus_answer_is_a_failure_that_says_so()
    {
        await using var server = ScriptedDnsServer.Answering(q => q.Reply().Code(2).ExtendedError(6, string.Empty).ToArray());

        var answer = await NewResolver(server).LookupMxAsync(Name, None);

        Assert.Equal(DnsStatus.ServerFailure, answer.Status);
        Assert.Equal($"SERVFAIL from {server.EndPoint} (DNSSEC bogus)", answer.Detail);
    }

    [Fact]
    public async Task One_that_failed_outweighs_one_that_was_silent()
    {
        await using var failing = ScriptedDnsServer.Answering(q => q.Reply().Code(2).ToArray());

        var answer = await NewResolver(UnusedEndPoint(), failing.EndPoint).LookupMxAsync(Name, None);

        Assert.Equal(DnsStatus.ServerFailure, answer.Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_server_from_before_edns_is_asked_without(int code)
    {
        await using var server = ScriptedDnsServer.Answering(
            q => q.HasEdns ? new DnsPacket(q.Id).Code(code).ToArray() : WithMx(q, "mx.example.com"));

        Assert.True((await NewResolver(server).LookupMxAsync(Name, None)).IsSuccess);

        Assert.Equal([true, false], server.TakeQueries().Select(q => q.HasEdns));
    }

    [Theory]
    [InlineData("loopback", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("none", false)]
    [InlineData("192.0.2.53", false)]
    public async Task Only_servers_we_trust_make_an_answer_authentic(string trust, bool expected)
    {
        await using var server = ScriptedDnsServer.Answering(
            q => q.Reply().AuthenticData().Answer(Name, DnsPacket.Mx, 60, DnsPacket.MxData(10, "mx.example.com")).ToArray());
        Assert.True(AdTrust.TryParse(trust, out var trustAd));
        var resolver = new StubResolver(new ResolverOptions { Servers = [server.EndPoint], TrustAd = trustAd }, _time);

        var answer = await resolver.LookupMxAsync(Name, None);

        Assert.Equal(expected, answer.IsAuthentic);
        Assert.Equal(expected, Assert.Single(server.TakeQueries()).AsksVerdict);
    }

    [Fact]
    public async Task A_chain_that_leaves_the_answer_is_followed_by_asking()
    {
        await using var server = ScriptedDnsServer.Answering(q => q.Name switch
        {
            "www.example.com" => q.Reply().Answer(q.Name, DnsPacket.Cname, 60, DnsPacket.Name("10/odd.example.com")).ToArray(),
            "10/odd.example.com" => q.Reply().Answer(q.Name, DnsPacket.Txt, 600, DnsPacket.TextData("found")).ToArray(),
            _ => q.Reply().Code(3).ToArray(),
        });

        var answer = await NewResolver(server).LookupTxtAsync("www.example.com", None);

        Assert.Equal("found", Assert.Single(answer.Records).Text);
        Assert.Equal(TimeSpan.FromSeconds(60), answer.TimeToLive);
    }

    [Fact]
    public async Task A_chain_without_end_is_given_up()
    {
        await using var server = ScriptedDnsServer.Answering(
            q => q.Reply().Answer(q.Name, DnsPacket.Cname, 60, DnsPacket.Name("x" + q.Name)).ToArray());

        var answer = await NewResolver(server).LookupMxAsync(Name, None);

        Assert.Equal(DnsStatus.ServerFailure, answer.Status);
        Assert.Equal(9, server.TakeQueries().Count);
    }

    [Fact]
    public async Task A_family_that_fails_does_not_hide_the_other()
    {
        await using var server = ScriptedDnsServer.Answering(q => q.Type == DnsPacket.A
            ? q.Reply().Answer(Name, DnsPacket.A, 3600, DnsPacket.AddressData("192.0.2.1")).ToArray()
            : q.Reply().Code(2).ToArray());

        var answer = await NewResolver(server).LookupAddressesAsync(Name, None);

        Assert.Equal(DnsStatus.Success, answer.Status);
        Assert.Equal(StubResolver.FailureLifetime, answer.TimeToLive);
    }

    [Fact]
    public async Task Each_query_has_its_own_id_and_port()
    {
        await using var server = ScriptedDnsServer.Answering(q => WithMx(q, "mx.example.com"));
        var resolver = NewResolver(server);
        for (var i = 0; i < 50; i++)
        {
            await resolver.LookupMxAsync(Name, None);
        }

        var queries = new List<ReceivedQuery>();
        for (var i = 0; i < 50; i++)
        {
            queries.Add(await server.NextQueryAsync());
        }

        // Two of fifty random ids or ports meet rarely, five of them never.
        Assert.InRange(queries.Select(q => q.Id).Distinct().Count(), 46, 50);
        Assert.InRange(queries.Select(q => q.SourcePort).Distinct().Count(), 46, 50);
    }

    [Fact]
    public async Task A_caller_that_cancels_gets_its_cancellation()
    {
        await using var server = ScriptedDnsServer.Silent();
        using var cancellation = new CancellationTokenSource();

        var lookup = NewResolver(server).LookupMxAsync(Name, cancellation.Token).AsTask();
        await server.NextQueryAsync();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lookup);
    }

    [Fact]
    public async Task Names_dns_cannot_hold_are_not_asked_for()
    {
        await using var server = ScriptedDnsServer.Answering(q => WithMx(q, "mx.example.com"));

        var answer = await NewResolver(server).LookupMxAsync("no name.example.com", None);

        Assert.Equal(DnsStatus.NoSuchDomain, answer.Status);
        Assert.Equal("not a name that DNS can hold", answer.Detail);
        Assert.Empty(server.TakeQueries());
    }

    [Fact]
    public async Task Many_lookups_at_once_are_all_answered()
    {
        await using var server = ScriptedDnsServer.Answering(q => WithMx(q, "mx." + q.Name));
        var resolver = NewResolver(server);

        var answers = await Task.WhenAll(Enumerable.Range(0, 600).Select(i => resolver.LookupMxAsync($"d{i}.test", None).AsTask()))
            .WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(Enumerable.Range(0, 600).Select(i => $"mx.d{i}.test"), answers.Select(a => Assert.Single(a.Records).Exchange));
    }

    private static byte[] Trouble(ReceivedQuery query, string trouble) => trouble switch
    {
        "SERVFAIL" => query.Reply().Code(2).ToArray(),
        "REFUSED" => query.Reply().Code(5).ToArray(),
        "NOTIMP" => query.Reply().Code(4).ToArray(),
        "malformed" => query.Reply().Claim(1, 3).ToArray(),
        "referral" => query.Reply().Authority("com", DnsPacket.Ns, 60, DnsPacket.Name("a.example.net")).ToArray(),
        _ => throw new ArgumentOutOfRangeException(nameof(trouble)),
    };

    private static byte[] WithMx(ReceivedQuery query, string exchange) =>
        query.Reply().Answer(query.Name, DnsPacket.Mx, 300, DnsPacket.MxData(10, exchange)).ToArray();

    private static IPEndPoint UnusedEndPoint() => new(IPAddress.Loopback, LoopbackPorts.Free());

    private StubResolver NewResolver(params ScriptedDnsServer[] servers) => NewResolver([.. servers.Select(s => s.EndPoint)]);

    private StubResolver NewResolver(params IPEndPoint[] servers) => new(new ResolverOptions { Servers = servers }, _time);
}
