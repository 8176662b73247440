using System.Globalization;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Who may relay what, seen from the wire.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private RelayProcess Relay { get; } = new() { ServeOptions = ["--sandbox"] };
    private readonly int _requiredTlsPort = LoopbackPorts.Free();

    public async Task InitializeAsync()
    {
        Relay.Configure(
            "[local]\npostmaster = \"admin@example.org\"\n",
            listener: string.Create(
                CultureInfo.InvariantCulture,
                $"""
                relay_networks = []

                [listener.required]
                endpoint = "127.0.0.1:{_requiredTlsPort}"
                tls = "required"
                relay_networks = []

                """));
        var (exitCode, output) = await Relay.RunWithInputAsync("a password of length", "user", "add", "app", "--password-stdin", "--senders", "example.com");
        Assert.True(exitCode == 0, output);
        await Relay.StartAsync();
    }

    public Task DisposeAsync() => Relay.DisposeAsync().AsTask();

    [Fact]
    public async Task A_client_without_login_and_outside_the_relay_networks_relays_nothing()
    {
        var (talk, hello) = await SmtpTalk.OpenAsync(Relay.SmtpPort);
        await using (talk)
        {
            Assert.DoesNotContain("AUTH", hello, StringComparison.Ordinal);
            Assert.Contains("STARTTLS", hello, StringComparison.Ordinal);
            await talk.SayAsync("MAIL FROM:<a@example.com>", "530 5.7.0");
            await talk.SayAsync("RCPT TO:<b@example.net>", "503");
        }
    }

    [Fact]
    public async Task Authentication_is_offered_over_tls_alone_and_a_wrong_password_refused()
    {
        var (talk, _) = await SmtpTalk.OpenAsync(Relay.SmtpPort);
        await using (talk)
        {
            var early = await talk.SayAsync("AUTH PLAIN " + Convert.ToBase64String("\0app\0a password of length"u8), "5");
            Assert.DoesNotContain("235", early, StringComparison.Ordinal);
            var hello = await talk.StartTlsAsync();
            Assert.Matches("AUTH( [A-Z0-9-]+)* PLAIN", hello);
            Assert.DoesNotContain("STARTTLS", hello, StringComparison.Ordinal);
            await talk.SayAsync("MAIL FROM:<a@example.com>", "530 5.7.0");
            await talk.SayAsync("AUTH PLAIN " + Convert.ToBase64String("\0app\0wrong"u8), "535 5.7.8");
            await talk.SayAsync("AUTH PLAIN " + Convert.ToBase64String("\0app\0a password of length"u8), "235");
            await talk.SayAsync("MAIL FROM:<a@elsewhere.example>", "553 5.7.1");
            await talk.SendMailAsync("a@example.com", ["b@example.net"], "From: a@example.com\r\nSubject: x\r\n\r\ny\r\n"u8.ToArray());
        }

        await Relay.ReachesAsync("b@example.net", "captured");
    }

    [Fact]
    public async Task A_listener_that_requires_tls_takes_nothing_before_it()
    {
        var (talk, hello) = await SmtpTalk.OpenAsync(_requiredTlsPort);
        await using (talk)
        {
            Assert.Contains("STARTTLS", hello, StringComparison.Ordinal);
            await talk.SayAsync("MAIL FROM:<a@example.com>", "530 5.7.0");
        }
    }

    [PeerFact("openssl")]
    public async Task Openssl_completes_the_handshake_with_either_version()
    {
        foreach (var version in (string[])["-tls1_2", "-tls1_3"])
        {
            var output = await SubmissionRelay.RunAsync("sh",
            [
                "-c", "printf 'QUIT\\n' | openssl s_client -starttls smtp -crlf -quiet -connect \"$0\" \"$1\" 2>&1",
                string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Relay.SmtpPort}"), version,
            ]);
            Assert.Contains("CN = relay.example.com", output, StringComparison.Ordinal);
            Assert.Contains("221 ", output, StringComparison.Ordinal);
        }
    }
}
