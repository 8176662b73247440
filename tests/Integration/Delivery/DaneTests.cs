using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Mail to hosts with TLSA records in zones that a real server signs or fails to sign, judged by a real validating resolver.</summary>
public sealed class DaneTests
{
    private static readonly byte[] Content = "From: a@example.com\r\nSubject: dane\r\n\r\nHello\r\n"u8.ToArray();

    [PeerFact("unbound", "nsd", "ldns-keygen", "ldns-signzone")]
    public async Task Tlsa_records_bind_where_they_are_proved_and_what_is_bogus_is_not_sent()
    {
        using var certificate = TestCertificates.Create("whoever.example.com");
        using var other = TestCertificates.Create("other.example.com");
        await using var sink = SmtpSink.Start(new SmtpSinkOptions { Certificate = certificate });
        await using var zones = new SignedZones();
        await zones.SignedAsync("good.test", Records(sink.Port, certificate));
        await zones.SignedAsync("wrong.test", Records(sink.Port, other));
        await zones.SignedAsync("without.test", "@ IN MX 10 mx\nmx IN A 127.0.0.1");
        await zones.BogusAsync("bogus.test", Records(sink.Port, certificate));
        await zones.PlainAsync("plain.test", Records(sink.Port, other));
        await zones.StartAsync();
        await using var relay = new RelayProcess();
        relay.Configure(dnsPort: zones.Validator.EndPoint.Port, deliveryPort: sink.Port);
        await relay.StartAsync();

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["a@good.test", "b@wrong.test", "c@without.test", "d@bogus.test", "e@plain.test"], Content);

        Assert.EndsWith(" verified", (await relay.EventAsync("a@good.test", "delivered")).Word("tls"), StringComparison.Ordinal);
        Assert.EndsWith(" unverified", (await relay.EventAsync("c@without.test", "delivered")).Word("tls"), StringComparison.Ordinal);
        Assert.EndsWith(" unverified", (await relay.EventAsync("e@plain.test", "delivered")).Word("tls"), StringComparison.Ordinal);
        var wrong = await relay.EventAsync("b@wrong.test", "deferred");
        Assert.Contains("certificate", wrong.Word("text"), StringComparison.Ordinal);
        Assert.StartsWith("4.", (await relay.EventAsync("d@bogus.test", "deferred")).Word("enhancedCode"), StringComparison.Ordinal);
        Assert.Equal(3, sink.Messages.Count);
    }

    /// <summary>A host whose TLSA record names the certificate's key (usage 3, selector 1, SHA-256).</summary>
    private static string Records(int port, X509Certificate2 certificate)
    {
        var digest = Convert.ToHexString(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
        return string.Create(CultureInfo.InvariantCulture, $"@ IN MX 10 mx\nmx IN A {IPAddress.Loopback}\n_{port}._tcp.mx IN TLSA 3 1 1 {digest}");
    }
}
