using System.Globalization;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>All mail through one relay of the operator's choice, which asks for a login.</summary>
public sealed class SmarthostTests
{
    private static readonly byte[] Content = "From: a@example.com\r\nSubject: by smarthost\r\n\r\nHello\r\n"u8.ToArray();

    [Fact]
    public async Task Mail_goes_through_the_smarthost_with_its_login()
    {
        await using var smarthost = SmtpSink.Start(new SmtpSinkOptions { Certificate = TestCertificates.Server, Authenticate = (user, password) => (user, password) == ("relay", "open sesame") });
        await using var relay = new RelayProcess();
        relay.Configure(Route(smarthost.Port, "open sesame", "opportunistic"));
        await relay.StartAsync();

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.net", "c@example.org"], Content);

        await relay.ReachesAsync("b@example.net", "delivered");
        await relay.ReachesAsync("c@example.org", "delivered");
        Assert.All(smarthost.Messages, m => Assert.Equal("relay", m.Login));
        Assert.Equal(["b@example.net", "c@example.org"], smarthost.Messages.SelectMany(m => m.Recipients).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_wrong_password_defers_and_does_not_bounce()
    {
        await using var smarthost = SmtpSink.Start(new SmtpSinkOptions { Certificate = TestCertificates.Server, Authenticate = (_, password) => password == "open sesame" });
        await using var relay = new RelayProcess();
        relay.Configure(Route(smarthost.Port, "forgotten", "opportunistic"));
        await relay.StartAsync();

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.net"], Content);

        await relay.ReachesAsync("b@example.net", "deferred");
        var deferred = await relay.EventAsync("b@example.net", "deferred");
        Assert.Contains("535", deferred.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("forgotten", deferred.ToString(), StringComparison.Ordinal);
        Assert.Empty(smarthost.Messages);
    }

    [Fact]
    public async Task A_password_never_goes_to_a_smarthost_whose_certificate_cannot_be_verified()
    {
        await using var smarthost = SmtpSink.Start(new SmtpSinkOptions { Certificate = TestCertificates.Server, Authenticate = (_, _) => true });
        await using var relay = new RelayProcess();
        relay.Configure(Route(smarthost.Port, "open sesame", tls: null));
        await relay.StartAsync();

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@example.net"], Content);

        await relay.ReachesAsync("b@example.net", "deferred");
        Assert.Empty(smarthost.Messages);
    }

    [Fact]
    public async Task One_relay_is_the_smarthost_of_another()
    {
        await using var first = new RelayProcess();
        await using var second = new RelayProcess { ServeOptions = ["--sandbox"] };
        second.Configure(listener: "relay_networks = []", hostname: "localhost");
        var (exitCode, output) = await second.RunWithInputAsync("open sesame", "user", "add", "relay", "--password-stdin");
        Assert.True(exitCode == 0, output);
        await second.StartAsync();
        first.Configure(Route(second.SmtpPort, "open sesame", "opportunistic"));
        await first.StartAsync();

        await SmtpTalk.SubmitAsync(first.SmtpPort, "a@example.com", ["b@example.net"], Content);

        var delivered = await first.EventAsync("b@example.net", "delivered");
        Assert.Contains("TLS1.3", delivered.Word("tls"), StringComparison.Ordinal);
        await second.ReachesAsync("b@example.net", "captured");
    }

    private static string Route(int port, string password, string? tls) => string.Create(
        CultureInfo.InvariantCulture,
        $"""

        [route."*"]
        smarthost = "127.0.0.1:{port}"
        username = "relay"
        password = "{password}"
        {(tls is null ? "" : $"tls = \"{tls}\"")}

        """);
}
