using System.Globalization;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Clients that show a certificate instead of a password.</summary>
public sealed class ClientCertificateTests(CertifiedRelay certified) : IClassFixture<CertifiedRelay>
{
    private readonly RelayProcess _relay = certified.Relay;

    [PeerFact("swaks")]
    public async Task A_pinned_certificate_needs_no_password_and_keeps_the_rules_of_its_login()
    {
        await SwaksAsync(0, certified.AskingPort, "pinned", "implicit@example.net");
        await _relay.ReachesAsync("implicit@example.net", "captured");

        var foreign = await SwaksAsync(23, certified.AskingPort, "pinned", "never@example.net", "--from", "sender@elsewhere.example");
        Assert.Contains("553 5.7.1", foreign, StringComparison.Ordinal);
    }

    [PeerFact("swaks")]
    public async Task A_subject_counts_under_the_listeners_issuer()
    {
        await SwaksAsync(0, certified.AskingPort, "issued", "issued@example.net");
        await _relay.ReachesAsync("issued@example.net", "captured");

        // The other listener knows no issuer.
        var refused = await SwaksAsync(23, certified.DemandingPort, "issued", "never@example.net", "--tls-on-connect");
        Assert.Contains("530 5.7.0", refused, StringComparison.Ordinal);
    }

    [PeerFact("swaks")]
    public async Task A_certificate_that_stands_for_nobody_has_to_log_in()
    {
        Assert.Contains("530 5.7.0", await SwaksAsync(23, certified.AskingPort, "stranger", "never@example.net"), StringComparison.Ordinal);
        Assert.Contains("530 5.7.0", await SwaksAsync(23, certified.AskingPort, null, "never@example.net"), StringComparison.Ordinal);
    }

    [PeerFact("swaks")]
    public async Task A_handshake_without_certificate_fails_where_one_is_required()
    {
        await SwaksAsync(0, certified.DemandingPort, "pinned", "required@example.net", "--tls-on-connect");
        await _relay.ReachesAsync("required@example.net", "captured");

        var (exitCode, output) = await RunningProgram.RunAsync("swaks", Arguments(certified.DemandingPort, null, "never@example.net", ["--tls-on-connect"]));
        Assert.NotEqual(0, exitCode);
        Assert.DoesNotContain("250-relay", output, StringComparison.Ordinal);
    }

    [PeerFact("openssl")]
    public async Task External_is_offered_to_a_certificate_that_stands_for_a_login()
    {
        var talk = await TalkAsync("pinned", "EHLO client.example\\r\\n", "AUTH EXTERNAL =\\r\\n", "QUIT\\r\\n");
        Assert.Contains("AUTH EXTERNAL SCRAM-SHA-256-PLUS", talk, StringComparison.Ordinal);
        Assert.Contains("235 2.7.0", talk, StringComparison.Ordinal);

        var stranger = await TalkAsync("stranger", "EHLO client.example\\r\\n", "AUTH EXTERNAL =\\r\\n", "QUIT\\r\\n");
        Assert.DoesNotContain("EXTERNAL SCRAM", stranger, StringComparison.Ordinal);
        Assert.Contains("504 5.5.4", stranger, StringComparison.Ordinal);
    }

    [PeerFact("swaks")]
    public async Task A_certificate_taken_from_its_login_gives_nothing_any_more()
    {
        await SwaksAsync(0, certified.AskingPort, "passing", "before@example.net");

        await certified.CommandAsync("user", "uncertify", "printer", certified.File("passing.pem"));

        Assert.Contains("530 5.7.0", await SwaksAsync(23, certified.AskingPort, "passing", "never@example.net"), StringComparison.Ordinal);
    }

    private async Task<string> SwaksAsync(int exitCode, int port, string? certificate, string to, params string[] more)
    {
        var (ended, output) = await RunningProgram.RunAsync("swaks", Arguments(port, certificate, to, more));
        Assert.True(ended == exitCode, $"swaks ended with {ended}:\n{output}");
        return output;
    }

    private List<string> Arguments(int port, string? certificate, string to, string[] more) =>
    [
        "--server", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--to", to, "--from", "sender@example.com", "--timeout", "20s",
        .. more.Contains("--tls-on-connect") ? [] : new[] { "--tls" },
        .. certificate is null ? [] : new[] { "--tls-cert", certified.File(certificate + ".pem"), "--tls-key", certified.File(certificate + ".key") },
        .. more,
    ];

    private async Task<string> TalkAsync(string certificate, params string[] lines)
    {
        var script = string.Concat(lines.Select(line => $"printf '{line}'; sleep 0.3; "));
        var (_, output) = await RunningProgram.RunAsync("sh",
        [
            "-c", $"({script}) | openssl s_client -quiet -starttls smtp -connect \"$0\" -cert \"$1.pem\" -key \"$1.key\" 2>&1",
            string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{certified.AskingPort}"), certified.File(certificate),
        ]);
        return output;
    }
}
