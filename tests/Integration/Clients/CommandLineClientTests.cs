using System.Globalization;
using System.Text;
using System.Text.Json;
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

    /// <summary>A client whose SCRAM is not ours; its channel bindings are others than the one that can be had here.</summary>
    [PeerFact("gsasl")]
    public async Task Gsasl_proves_itself_by_scram_and_sees_that_the_server_knows_its_password()
    {
        foreach (var tls in new[] { "--no-starttls", "--x509-ca-file=" })
        {
            var (exitCode, output) = await GsaslAsync("SCRAM-SHA-256", SubmissionRelay.Password, "--no-cb", tls);

            Assert.True(exitCode == 0, output);
            Assert.Contains("235 2.7.0", output, StringComparison.Ordinal);
            Assert.Contains("server trusted", output, StringComparison.Ordinal);
            Assert.Equal(tls != "--no-starttls", output.Contains("TLS session info: (TLS1.3)", StringComparison.Ordinal));
        }
    }

    [PeerFact("gsasl")]
    public async Task Gsasl_is_told_of_a_wrong_password_and_of_a_binding_that_there_is_not()
    {
        var (exitCode, output) = await GsaslAsync("SCRAM-SHA-256", "wrong", "--no-cb", "--no-starttls");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("535 5.7.8", output, StringComparison.Ordinal);

        (exitCode, output) = await GsaslAsync("SCRAM-SHA-256-PLUS", SubmissionRelay.Password, "--x509-ca-file=");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("501 5.5.4 Channel binding here is tls-server-end-point", output, StringComparison.Ordinal);
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

    [PeerFact("msmtp")]
    public async Task Msmtp_logs_in_with_scram_sha_256()
    {
        await SubmissionRelay.RunAsync("sh",
        [
            "-c",
            "printf 'From: sender@example.com\\nSubject: by msmtp\\n\\nhello\\n' | msmtp --host=127.0.0.1 --port=\"$0\" --tls=on --tls-starttls=on --tls-certcheck=off "
                + "--auth=scram-sha-256 --user=\"$1\" --passwordeval=\"echo '$2'\" --from=sender@example.com msmtp-scram@example.net",
            _submission.LoginPort.ToString(CultureInfo.InvariantCulture), SubmissionRelay.User, SubmissionRelay.Password,
        ]);

        await _relay.ReachesAsync("msmtp-scram@example.net", "captured");
    }

    [PeerFact("swaks")]
    public async Task Swaks_submits_through_the_unix_socket()
    {
        await SubmissionRelay.RunAsync("swaks", ["--socket", _submission.Socket, "--from", "sender@example.com", "--to", "swaks-socket@example.net"]);

        await _relay.ReachesAsync("swaks-socket@example.net", "captured");
    }

    [PeerFact("swaks")]
    public async Task A_client_behind_a_proxy_is_who_the_proxy_says()
    {
        await SwaksAsync(_submission.ProxiedPort, "swaks-proxied@example.net", Proxy("198.51.100.7"));
        var (exitCode, output) = await RunningProgram.RunAsync("swaks", Arguments(_submission.ProxiedPort, "never@example.net", Proxy("203.0.113.7")));

        Assert.NotEqual(0, exitCode);
        Assert.Contains("530 5.7.0", output, StringComparison.Ordinal);
        var entry = await _relay.ReachesAsync("swaks-proxied@example.net", "captured");
        Assert.Contains("([198.51.100.7])", Encoding.ASCII.GetString(await _relay.RawAsync(entry)), StringComparison.Ordinal);
    }

    [PeerFact("openssl")]
    public async Task Speaks_tls_1_2_and_1_3_and_nothing_older()
    {
        Assert.Contains("TLSv1.3", await HandshakeAsync("-tls1_3"), StringComparison.Ordinal);
        Assert.Contains("TLSv1.2", await HandshakeAsync("-tls1_2"), StringComparison.Ordinal);
        Assert.DoesNotContain("Peer certificate", await HandshakeAsync("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), StringComparison.Ordinal);
    }

    [PeerFact("openssl")]
    public async Task Refuses_tls_1_0_as_well() =>
        Assert.DoesNotContain("Peer certificate", await HandshakeAsync("-tls1", "-cipher", "ALL:@SECLEVEL=0"), StringComparison.Ordinal);

    [PeerFact("testssl")]
    public async Task Testssl_finds_no_weak_protocol_and_no_weak_cipher()
    {
        using var folder = new TemporaryFolder();
        var report = folder.File("report.json");
        await RunningProgram.RunAsync(
            "testssl",
            ["-q", "--color", "0", "--warnings", "off", "-p", "-s", "--jsonfile", report, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_submission.ImplicitPort}")],
            within: TimeSpan.FromMinutes(5));

        using var findings = JsonDocument.Parse(await File.ReadAllTextAsync(report));
        var severities = findings.RootElement.EnumerateArray().ToDictionary(finding => finding.GetProperty("id").GetString()!, finding => finding.GetProperty("severity").GetString()!);
        Assert.Equal("OK", severities["TLS1_3"]);
        Assert.Equal("OK", severities["cipherlist_STRONG"]);

        // LOW are AES in CBC mode with forward secrecy under TLS 1.2, which old devices need.
        Assert.DoesNotContain(severities, finding => finding.Value is not ("OK" or "INFO" or "LOW" or "DEBUG"));
        Assert.Equal(["cipherlist_AVERAGE"], severities.Where(finding => finding.Value == "LOW").Select(finding => finding.Key));
    }

    [PeerFact("sh")]
    public async Task Sendmail_hands_a_message_over()
    {
        var (exitCode, output) = await RunningProgram.RunAsync("sh",
        [
            "-c", "printf 'To: sendmail@example.net\\nSubject: by sendmail\\n\\nhello\\n' | \"$0\" sendmail -C \"$1\" -t -i -f sender@example.com",
            RelayProcess.Executable, _relay.ConfigFile,
        ]);

        Assert.True(exitCode == 0, output);
        var entry = await _relay.ReachesAsync("sendmail@example.net", "captured");
        Assert.Equal("by sendmail", entry.Word("subject"));
    }

    private static string[] Proxy(string client) =>
    [
        "--proxy-version", "1", "--proxy-family", "TCP4", "--proxy-source", client, "--proxy-source-port", "40000", "--proxy-dest", "192.0.2.1", "--proxy-dest-port", "25",
    ];

    // It takes what stands on its standard input for data of the session that it would wrap.
    private Task<(int ExitCode, string Output)> GsaslAsync(string mechanism, string password, params string[] more) => RunningProgram.RunAsync("sh",
    [
        "-c", "gsasl --smtp --verbose \"$@\" </dev/null 2>&1", "sh", string.Create(CultureInfo.InvariantCulture, $"--connect=127.0.0.1:{_submission.DevicePort}"),
        "--mechanism=" + mechanism, "--authentication-id=" + SubmissionRelay.User, "--password=" + password, .. more,
    ]);

    private async Task<string> HandshakeAsync(params string[] more)
    {
        var (_, output) = await RunningProgram.RunAsync("sh",
        [
            "-c", "openssl s_client -brief -connect \"$0\" \"$@\" </dev/null 2>&1", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_submission.ImplicitPort}"), .. more,
        ]);
        return output;
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
