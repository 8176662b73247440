using System.Globalization;
using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>How many messages of one campaign, and to one domain, a connection carries.</summary>
public sealed class ConnectionShareTests
{
    private const int OfEach = 12;

    [Fact]
    public async Task No_connection_carries_more_of_a_campaign_or_domain_than_it_may_and_all_mail_arrives()
    {
        await using var sink = SmtpSink.Start();
        await using var relay = new RelayProcess();
        relay.Configure(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            [site."*"]
            max_connections = 2

            [limits.tag.sale]
            max_messages_per_connection = 2

            [limits.domain."*"]
            max_messages_per_connection = 5

            [route."*"]
            smarthost = "127.0.0.1:{sink.Port}"
            tls = "none"
            """));
        await relay.StartAsync();

        for (var i = 0; i < OfEach; i++)
        {
            await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.net"], Content("sale"));
            await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.org"], Content("news"));
        }

        var messages = await sink.NextMessagesAsync(2 * OfEach);
        foreach (var carried in messages.GroupBy(m => m.Connection))
        {
            Assert.InRange(carried.Count(m => m.Text.Contains("Subject: sale", StringComparison.Ordinal)), 0, 2);
            Assert.All(carried.CountBy(m => m.Recipients[0]), byDomain => Assert.InRange(byDomain.Value, 1, 5));
        }

        Assert.InRange(sink.Connections, OfEach / 2, 2 * OfEach);
        var (exitCode, shown) = await relay.RunAsync("route", "explain", "b@example.net", "--tag", "sale");
        Assert.Equal(0, exitCode);
        Assert.Contains("max_messages_per_connection of tag sale 2 (limits.tag.\"sale\")", shown, StringComparison.Ordinal);
        Assert.Contains("max_messages_per_connection of domain example.net 5 (limits.domain.\"*\")", shown, StringComparison.Ordinal);
    }

    private static byte[] Content(string tag) => Encoding.ASCII.GetBytes($"From: a@example.com\r\nX-Relay-Tag: {tag}\r\nSubject: {tag}\r\n\r\nHello\r\n");
}
