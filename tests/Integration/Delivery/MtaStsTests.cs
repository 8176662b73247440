using System.Globalization;
using System.Net;
using System.Text.Json;
using Relay.Delivery;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Policies of recipient domains: announced in DNS, fetched over HTTPS from port 443, applied to hosts with and without a certificate that holds.</summary>
public sealed class MtaStsTests
{
    // Port 443 cannot be another one, so the address is this run's own.
    private static readonly string PolicyAddress = string.Create(CultureInfo.InvariantCulture, $"127.41.{Environment.ProcessId / 250 % 250}.{(Environment.ProcessId % 250) + 1}");
    private static readonly byte[] Content = "From: a@example.com\r\nSubject: policy\r\n\r\nHello\r\n"u8.ToArray();

    [PeerFact("python3", NeedsRoot = true)]
    public async Task Policies_bind_where_they_enforce_are_reported_where_they_test_and_are_remembered_on_disk()
    {
        using var authority = new TestAuthority();
        using var trusted = authority.Issue("mx.good.test", "mx.unlisted.test");
        using var untrusted = TestCertificates.Create("mx.wrong.test");
        await using var good = SmtpSink.Start(new SmtpSinkOptions { Address = IPAddress.Parse("127.0.41.1"), Certificate = trusted });
        await using var bad = SmtpSink.Start(new SmtpSinkOptions { Address = IPAddress.Parse("127.0.41.2"), Port = good.Port, Certificate = untrusted });
        await using var clear = SmtpSink.Start(new SmtpSinkOptions { Address = IPAddress.Parse("127.0.41.3"), Port = good.Port });
        var zone = new ZoneTable();
        var policies = new Dictionary<string, string>();
        Publish(zone, policies, "good", "127.0.41.1", Policy("enforce", "mx.good.test"));
        Publish(zone, policies, "wrong", "127.0.41.2", Policy("enforce", "mx.wrong.test"));
        Publish(zone, policies, "unlisted", "127.0.41.1", Policy("enforce", "mx.elsewhere.test"));
        Publish(zone, policies, "clear", "127.0.41.3", Policy("enforce", "*.clear.test"));
        Publish(zone, policies, "testing", "127.0.41.2", Policy("testing", "mx.testing.test"));
        Publish(zone, policies, "large", "127.0.41.2", Policy("enforce", "mx.large.test") + new string('x', 100_000));
        Publish(zone, policies, "silent", "127.0.41.2", PolicyHost.Silence);
        Publish(zone, policies, "foreign", "127.0.41.2", Policy("enforce", "mx.foreign.test"));
        using var policyCertificate = authority.Issue([.. policies.Keys.Where(host => !host.Contains("foreign", StringComparison.Ordinal))]);
        await using var dns = ZoneServer.Start(zone);
        await using var relay = new RelayProcess();
        relay.Environment["SSL_CERT_FILE"] = Path.Combine(relay.Folder, "root.pem");
        await File.WriteAllTextAsync(relay.Environment["SSL_CERT_FILE"], authority.Pem);
        relay.Configure(dnsPort: dns.EndPoint.Port, deliveryPort: good.Port);
        await using (new PolicyHost(IPAddress.Parse(PolicyAddress), policyCertificate, policies))
        {
            await relay.StartAsync();
            await SmtpTalk.SubmitAsync(
                relay.SmtpPort, "a@example.com",
                ["a@good.test", "b@wrong.test", "c@unlisted.test", "d@clear.test", "e@testing.test", "f@large.test", "g@silent.test", "h@foreign.test"], Content);

            Assert.EndsWith(" verified", (await relay.EventAsync("a@good.test", "delivered")).Word("tls"), StringComparison.Ordinal);
            Assert.Contains("certificate", (await relay.EventAsync("b@wrong.test", "deferred")).Word("text"), StringComparison.Ordinal);
            Assert.Contains("MTA-STS", (await relay.EventAsync("c@unlisted.test", "deferred")).Word("text"), StringComparison.Ordinal);
            Assert.Contains("does not offer STARTTLS, which the MTA-STS policy of clear.test requires", (await relay.EventAsync("d@clear.test", "deferred")).Word("text"), StringComparison.Ordinal);
            foreach (var recipient in (string[])["e@testing.test", "f@large.test", "g@silent.test", "h@foreign.test"])
            {
                Assert.EndsWith(" unverified", (await relay.EventAsync(recipient, "delivered")).Word("tls"), StringComparison.Ordinal);
            }

            // The same policies, seen by an operator whose own domains these are.
            Assert.StartsWith("ok id 1, for mx.good.test", await AdviceAsync(relay, "good.test"), StringComparison.Ordinal);
            Assert.Contains("does not name MX mx.unlisted.test", await AdviceAsync(relay, "unlisted.test"), StringComparison.Ordinal);
            Assert.StartsWith("wrong the record is there, but the policy cannot be fetched: mta-sts.foreign.test offered no TLS with a certificate", await AdviceAsync(relay, "foreign.test"), StringComparison.Ordinal);
            Assert.StartsWith("wrong the record is there, but the policy cannot be fetched: the response body exceeds", await AdviceAsync(relay, "large.test"), StringComparison.Ordinal);

            await relay.StopAsync();
        }

        // Nothing went to the hosts of domains that enforce, neither with a bad certificate nor in clear.
        Assert.Equal((1, 4, 0), (good.Messages.Count, bad.Messages.Count, clear.Messages.Count));
        var counted = await CountedAsync(relay);
        Assert.Contains("wrong.test MtaSts CertificateNotTrusted", counted, StringComparison.Ordinal);
        Assert.Contains("testing.test MtaSts CertificateHostMismatch", counted, StringComparison.Ordinal);
        Assert.Contains("clear.test MtaSts StartTlsNotSupported", counted, StringComparison.Ordinal);
        Assert.Contains("good.test MtaSts Success", counted, StringComparison.Ordinal);
        Assert.All((string[])["large", "silent", "foreign"], name => Assert.Contains($"{name}.test MtaSts StsPolicyFetchError", counted, StringComparison.Ordinal));

        // The policy host is gone and the program was started anew: what was fetched binds for its max_age.
        await relay.StartAsync();
        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["later@wrong.test"], Content);
        Assert.Contains("certificate", (await relay.EventAsync("later@wrong.test", "deferred")).Word("text"), StringComparison.Ordinal);
        Assert.Equal(4, bad.Messages.Count);
    }

    private static async Task<string> AdviceAsync(RelayProcess relay, string domain)
    {
        // The exit code is about SPF and DKIM, which these domains have not.
        var (_, output) = await relay.RunAsync("domain", "check", domain, "--json");
        using var answer = JsonDocument.Parse(output);
        var advice = answer.RootElement.GetProperty("advice").EnumerateArray().Single(item => item.GetProperty("check").GetString() == "mta-sts");
        return $"{advice.GetProperty("state").GetString()} {advice.GetProperty("found").GetString()}";
    }

    private static void Publish(ZoneTable zone, Dictionary<string, string> policies, string name, string mailAddress, string answer)
    {
        var domain = name + ".test";
        zone.Mx(domain, 10, "mx." + domain).Address("mx." + domain, mailAddress)
            .Txt("_mta-sts." + domain, "v=STSv1; id=1;").Address("mta-sts." + domain, PolicyAddress);
        policies["mta-sts." + domain] = answer;
    }

    private static string Policy(string mode, string host) => $"version: STSv1\r\nmode: {mode}\r\nmx: {host}\r\nmax_age: 86400\r\n";

    /// <summary>Sessions as they are kept for reports: domain, policy, result.</summary>
    private static async Task<string> CountedAsync(RelayProcess relay)
    {
        const string script = "import sqlite3,sys\nfor row in sqlite3.connect(sys.argv[1]).execute('SELECT domain, policy, result FROM tls_session'): print(*row)";
        var (exitCode, output) = await RunningProgram.RunAsync("python3", ["-c", script, Path.Combine(relay.DataFolder, "history.db")]);
        Assert.True(exitCode == 0, output);
        return string.Join('\n', output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).Select(row =>
            $"{row[0]} {Enum.Parse<TlsPolicyKind>(row[1])} {Enum.Parse<TlsSessionResult>(row[2])}"));
    }
}
