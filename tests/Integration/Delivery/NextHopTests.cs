using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Ways to go that an operator configures: rules, several hosts, LMTP, logins by token, fallbacks; and what the program tells of them.</summary>
public sealed class NextHopTests
{
    private static readonly byte[] Content = "From: a@example.com\r\nSubject: next hop\r\n\r\nHello\r\n"u8.ToArray();

    [Fact]
    public async Task Lmtp_over_a_socket_defers_only_the_recipient_whose_mailbox_is_full()
    {
        using var folder = new TemporaryFolder();
        var socket = folder.File("lmtp");
        await using var store = new LmtpSink(new UnixDomainSocketEndPoint(socket), r => r == "full@example.net" ? "452 4.2.2 mailbox full" : null);
        await using var relay = await StartAsync($"[route.\"example.net\"]\ntype = \"lmtp\"\nsocket = \"{socket}\"\n");

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["full@example.net", "b@example.net"], Content);

        await relay.ReachesAsync("b@example.net", "delivered");
        var deferred = await relay.ReachesAsync("full@example.net", "deferred");
        Assert.Contains("4.2.2", deferred.ToString(), StringComparison.Ordinal);
        var stored = Assert.Single(store.Stored);
        Assert.Equal("b@example.net", stored.Recipient);
        Assert.EndsWith("\r\n\r\nHello\r\n", stored.Content, StringComparison.Ordinal);
        var (exitCode, explained) = await relay.RunAsync("route", "explain", "b@example.net");
        Assert.Equal(0, exitCode);
        Assert.Contains($"site        unix:{socket}", explained, StringComparison.Ordinal);
        Assert.Contains("max_connections 20", explained, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lmtp_over_tcp_bounces_what_is_refused_behind_the_final_dot()
    {
        await using var store = new LmtpSink(new IPEndPoint(IPAddress.Loopback, 0), r => r == "gone@example.net" ? "550 5.1.1 nobody" : null);
        await using var relay = await StartAsync($"[route.\"example.net\"]\ntype = \"lmtp\"\nhosts = [\"127.0.0.1:{store.Port}\"]\n");

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["gone@example.net", "b@example.net"], Content);

        await relay.ReachesAsync("gone@example.net", "bounced");
        await relay.ReachesAsync("b@example.net", "delivered");
    }

    [Fact]
    public async Task A_login_by_token_asks_for_the_token_once()
    {
        await using var tokens = new TokenServer(_ => (200, """{"token_type":"Bearer","expires_in":3600,"access_token":"ticket"}"""));
        await using var smarthost = SmtpSink.Start(new SmtpSinkOptions
        {
            Certificate = TestCertificates.Server,
            Mechanisms = "XOAUTH2",
            Authenticate = (user, token) => (user, token) == ("relay@example.com", "ticket"),
        });
        await using var relay = await StartAsync(TokenRoute(smarthost.Port, tokens.Url));

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.net"], Content);
        await relay.ReachesAsync("b@example.net", "delivered");
        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["c@example.org"], Content);
        await relay.ReachesAsync("c@example.org", "delivered");

        Assert.All(smarthost.Messages, m => Assert.Equal("relay@example.com", m.Login));
        var form = Assert.Single(tokens.Requests);
        Assert.Contains("grant_type=client_credentials", form, StringComparison.Ordinal);
        Assert.Contains("scope=https%3A%2F%2Fsmtp.example.com%2F.default", form, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_waits_while_the_token_endpoint_refuses_and_its_secret_stays_secret()
    {
        await using var tokens = new TokenServer(_ => (401, """{"error":"invalid_client","error_description":"who is that"}"""));
        await using var smarthost = SmtpSink.Start(new SmtpSinkOptions { Certificate = TestCertificates.Server, Mechanisms = "XOAUTH2", Authenticate = (_, _) => true });
        await using var relay = await StartAsync(TokenRoute(smarthost.Port, tokens.Url));

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.net"], Content);

        var deferred = await relay.ReachesAsync("b@example.net", "deferred");
        Assert.Contains("invalid_client who is that", deferred.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("open sesame", deferred.ToString() + relay.Output, StringComparison.Ordinal);
        Assert.Empty(smarthost.Messages);
    }

    [Fact]
    public async Task The_next_host_takes_what_the_first_cannot()
    {
        await using var second = SmtpSink.Start();
        await using var relay = await StartAsync($"[route.\"*\"]\nhosts = [\"127.0.0.1:{LoopbackPorts.Free()}\", \"127.0.0.1:{second.Port}\"]\n");

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.net"], Content);

        await relay.ReachesAsync("b@example.net", "delivered");
        Assert.Single(second.Messages);
    }

    [Fact]
    public async Task A_rule_sends_one_senders_mail_another_way()
    {
        await using var usual = SmtpSink.Start();
        await using var branch = SmtpSink.Start();
        await using var relay = await StartAsync($"""
            [rule.branch]
            sender_domains = ["branch.example.com"]
            route = "branch"
            [route.branch]
            smarthost = "127.0.0.1:{branch.Port}"
            [route."*"]
            smarthost = "127.0.0.1:{usual.Port}"

            """);

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.net"], Content);
        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@branch.example.com", ["c@example.net"], Content);

        await relay.ReachesAsync("b@example.net", "delivered");
        await relay.ReachesAsync("c@example.net", "delivered");
        Assert.Equal("b@example.net", Assert.Single(Assert.Single(usual.Messages).Recipients));
        Assert.Equal("c@example.net", Assert.Single(Assert.Single(branch.Messages).Recipients));
    }

    [Fact]
    public async Task After_one_failed_attempt_the_fallback_takes_the_mail()
    {
        await using var spare = SmtpSink.Start();
        await using var relay = await StartAsync($"""
            [retry]
            schedule = ["1s"]
            [route."*"]
            smarthost = "127.0.0.1:{LoopbackPorts.Free()}"
            fallback = "spare"
            fallback_after = 1
            [route.spare]
            smarthost = "127.0.0.1:{spare.Port}"

            """);

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.net"], Content);

        await relay.ReachesAsync("b@example.net", "delivered");
        Assert.Single(spare.Messages);
    }

    [Fact]
    public async Task The_program_explains_the_way_and_shows_a_source_that_is_not_there()
    {
        await using var smarthost = SmtpSink.Start();
        await using var relay = await StartAsync($"""
            [egress.source.elsewhere]
            address = "192.0.2.10"
            [rule.shop]
            users = ["shop"]
            route = "office"
            [route.office]
            smarthost = "127.0.0.1:{smarthost.Port}"

            """);

        var (exitCode, text) = await relay.RunAsync("route", "explain", "bob@example.net", "--from", "app@example.com", "--user", "shop");
        Assert.True(exitCode == 0, text);
        Assert.Contains("shop: applies", text, StringComparison.Ordinal);
        Assert.Contains("rule.shop: route.\"office\" (smarthost), queue key example.net#shop", text, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1, weight 1, port {smarthost.Port}", text, StringComparison.Ordinal);
        Assert.Contains("192.0.2.10 not on this machine", text, StringComparison.Ordinal);

        (exitCode, text) = await relay.RunAsync("route", "explain", "bob@[127.0.0.1]", "--json");
        Assert.True(exitCode == 0, text);
        Assert.Equal("[127.0.0.1]", JsonDocument.Parse(text).RootElement.GetProperty("queueKey").GetString());

        (exitCode, text) = await relay.RunAsync("status");
        Assert.True(exitCode == 0, text);
        Assert.Contains("RESTS: 192.0.2.10 not on this machine", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_own_listener_is_a_loop_even_where_private_targets_are_allowed()
    {
        await using var relay = new RelayProcess();
        relay.Configure(deliveryPort: relay.SmtpPort, listener: "address_literals = true");
        await relay.StartAsync();

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@[127.0.0.1]"], Content);

        var bounced = await relay.ReachesAsync("b@[127.0.0.1]", "bounced");
        Assert.Contains("loops back", bounced.ToString(), StringComparison.Ordinal);
    }

    private static async Task<RelayProcess> StartAsync(string configuration)
    {
        var relay = new RelayProcess();
        relay.Configure(configuration);
        await relay.StartAsync();
        return relay;
    }

    private static string TokenRoute(int port, Uri tokenUrl) => string.Create(CultureInfo.InvariantCulture, $"""
        [route."*"]
        smarthost = "127.0.0.1:{port}"
        username = "relay@example.com"
        oauth_token_url = "{tokenUrl}"
        oauth_client_id = "relay"
        oauth_client_secret = "open sesame"
        oauth_scope = "https://smtp.example.com/.default"
        tls = "opportunistic"

        """);
}
