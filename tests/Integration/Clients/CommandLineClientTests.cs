using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Programs people send mail with from scripts: swaks, msmtp, curl, smtp-source.</summary>
[Collection(ClientsCollection.Name)]
public sealed partial class CommandLineClientTests
{
    private readonly SubmissionRelay _submission;
    private readonly RelayProcess _relay;

    public CommandLineClientTests(SubmissionRelay submission)
    {
        _submission = submission;
        _relay = submission.Relay;
    }

    [PeerFact("swaks")]
    public async Task Swaks_submits_plainly_from_loopback()
    {
        await SwaksAsync(_relay.SmtpPort, "swaks-plain@example.net");

        var entry = await _relay.ReachesAsync("swaks-plain@example.net", "captured");
        Assert.Equal("sender@example.com", entry.Word("reversePath"));
    }

    [PeerFact("swaks")]
    public async Task Swaks_logs_in_with_plain_over_starttls()
    {
        var output = await SwaksAsync(_submission.LoginPort, "swaks-auth-plain@example.net", [.. Login("PLAIN")]);

        Assert.Contains("235 ", output, StringComparison.Ordinal);
        await _relay.ReachesAsync("swaks-auth-plain@example.net", "captured");
    }

    [PeerFact("swaks")]
    public async Task Swaks_logs_in_with_login_over_starttls()
    {
        await SwaksAsync(_submission.LoginPort, "swaks-auth-login@example.net", [.. Login("LOGIN")]);

        await _relay.ReachesAsync("swaks-auth-login@example.net", "captured");
    }

    [PeerFact("swaks")]
    public async Task Swaks_logs_in_over_implicit_tls()
    {
        await SwaksAsync(
            _submission.ImplicitPort, "swaks-implicit@example.net", "--tls-on-connect", "--auth", "PLAIN", "--auth-user", SubmissionRelay.User,
            "--auth-password", SubmissionRelay.Password);

        await _relay.ReachesAsync("swaks-implicit@example.net", "captured");
    }

    [PeerFact("swaks")]
    public async Task An_api_key_is_a_password_of_user_apikey()
    {
        await SwaksAsync(
            _submission.LoginPort, "swaks-key@example.net", "--tls", "--auth", "PLAIN", "--auth-user", "apikey", "--auth-password", _submission.ApiKey);

        await _relay.ReachesAsync("swaks-key@example.net", "captured");
    }

    [PeerFact("swaks")]
    public async Task A_wrong_password_is_refused_with_535()
    {
        var (exitCode, output) = await RunningProgram.RunAsync("swaks", Arguments(
            _submission.LoginPort, "never@example.net", "--tls", "--auth", "PLAIN", "--auth-user", SubmissionRelay.User, "--auth-password", "wrong"));

        Assert.Equal(28, exitCode);
        Assert.Contains("535 5.7.8", output, StringComparison.Ordinal);
        Assert.Empty(await _relay.EntriesAsync("never@example.net"));
    }

    [PeerFact("msmtp")]
    public async Task Msmtp_logs_in_over_starttls_that_it_verifies()
    {
        using var folder = new TemporaryFolder();
        var trusted = await TrustFileAsync(folder);
        var configuration = folder.File("msmtprc");
        await File.WriteAllTextAsync(configuration, string.Create(
            CultureInfo.InvariantCulture,
            $"""
            account default
            host localhost
            port {_submission.LoginPort}
            tls on
            tls_starttls on
            tls_trust_file {trusted}
            tls_host_override relay.example.com
            auth plain
            user {SubmissionRelay.User}
            password "{SubmissionRelay.Password}"
            from sender@example.com

            """));
        await SubmissionRelay.RunAsync(
            "sh", ["-c", "chmod 600 \"$0\" && printf 'From: sender@example.com\\nTo: msmtp@example.net\\nSubject: by msmtp\\n\\n.a dot\\n' | msmtp -C \"$0\" msmtp@example.net", configuration]);

        var entry = await _relay.ReachesAsync("msmtp@example.net", "captured");
        Assert.Equal("by msmtp", entry.Word("subject"));
        Assert.EndsWith("\r\n\r\n.a dot\r\n", Encoding.ASCII.GetString(await _relay.RawAsync(entry)), StringComparison.Ordinal);
    }

    [PeerFact("msmtp")]
    public async Task Msmtp_logs_in_over_implicit_tls()
    {
        await SubmissionRelay.RunAsync("sh",
        [
            "-c",
            "printf 'From: sender@example.com\\nSubject: by msmtp\\n\\nhello\\n' | msmtp --host=127.0.0.1 --port=\"$0\" --tls=on --tls-starttls=off --tls-certcheck=off "
                + "--auth=login --user=\"$1\" --passwordeval=\"echo '$2'\" --from=sender@example.com msmtp-implicit@example.net",
            _submission.ImplicitPort.ToString(CultureInfo.InvariantCulture), SubmissionRelay.User, SubmissionRelay.Password,
        ]);

        await _relay.ReachesAsync("msmtp-implicit@example.net", "captured");
    }

    [PeerFact("curl")]
    public async Task The_curl_line_of_the_start_up_text_works_as_printed()
    {
        var line = CurlLine().Match(_relay.Output).Value.Replace("bounce@simulator.relay.test", "curl@example.net", StringComparison.Ordinal);

        await SubmissionRelay.RunAsync("sh", ["-c", line]);

        var entry = await _relay.ReachesAsync("curl@example.net", "captured");
        Assert.Equal("Hello", entry.Word("subject"));
    }

    [PeerFact("smtp-source")]
    public async Task Smtp_source_submits_two_hundred_messages_in_ten_sessions()
    {
        await SubmissionRelay.RunAsync("smtp-source",
        [
            "-s", "10", "-m", "200", "-l", "4096", "-f", "sender@example.com", "-t", "source@example.net",
            string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_relay.SmtpPort}"),
        ]);

        await Poll.UntilAsync("all are captured", async () =>
            (await _relay.EntriesAsync("source@example.net")).Count(e => e.Word("state") == "captured") == 200);
    }

    private static IEnumerable<string> Login(string mechanism) =>
        ["--tls", "--auth", mechanism, "--auth-user", SubmissionRelay.User, "--auth-password", SubmissionRelay.Password];

    private static Task<string> SwaksAsync(int port, string recipient, params string[] more) =>
        SubmissionRelay.RunAsync("swaks", Arguments(port, recipient, more));

    private static List<string> Arguments(int port, string recipient, params string[] more) =>
    [
        "--server", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "--from", "sender@example.com", "--to", recipient,
        "--timeout", "30", .. more,
    ];

    /// <summary>The certificate alone, without the key that stands beside it.</summary>
    private async Task<string> TrustFileAsync(TemporaryFolder folder)
    {
        var file = folder.File("trust.pem");
        await SubmissionRelay.RunAsync("openssl", ["x509", "-in", Path.Combine(_relay.DataFolder, "self-signed.pem"), "-out", file]);
        return file;
    }

    [GeneratedRegex(@"printf '.*--upload-file -")]
    private static partial Regex CurlLine();
}
