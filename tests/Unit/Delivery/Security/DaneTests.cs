using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Relay.Delivery;
using Relay.Dns;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DaneTests
{
    private const string TlsaName = "_25._tcp.mx1.example.com";

    private readonly DeliveryKit _kit = new();
    private readonly Route _route = DeliveryKit.MxRoute("example.com", FakePeers.Host("mx1.example.com"));

    public DaneTests()
    {
        _kit.Zone.Mx("example.com", (10, "mx1.example.com")).Address("mx1.example.com", "192.0.2.1").Secure("example.com").Secure("mx1.example.com");
        _kit.Peers.Extensions = new PeerExtensions { StartTls = true };
    }

    [Fact]
    public async Task A_secure_record_must_be_met()
    {
        _kit.Zone.Tlsa(TlsaName, isAuthentic: true, Record(3, 1, 1));

        var outcome = await SendAsync();

        Assert.Equal(OutcomeKind.Delivered, outcome.Kind);
        var demand = Assert.Single(_kit.Peers.Demands);
        Assert.True(demand.MustVerify);
        Assert.Single(demand.Dane!);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_with_records_is_never_spoken_to_in_clear(bool isOffered)
    {
        _kit.Zone.Tlsa(TlsaName, isAuthentic: true, Record(3, 1, 1));
        _kit.Peers.Extensions = new PeerExtensions { StartTls = isOffered };
        _kit.Peers.TlsFailure = new SmtpProtocolException(TransactionStep.StartTls, null, "not the right one") { Handshake = HandshakeFailure.Certificate };

        var outcome = await SendAsync();

        Assert.Equal((OutcomeKind.Deferred, "tls"), (outcome.Kind, outcome.Class));
        Assert.Empty(_kit.Peers.Transactions);
    }

    [Fact]
    public async Task Records_nobody_can_check_still_demand_tls()
    {
        _kit.Zone.Tlsa(TlsaName, isAuthentic: true, Record(1, 1, 1), new TlsaRecord(3, 1, 9, new byte[32]), new TlsaRecord(3, 1, 1, new byte[31]));
        await SendAsync();
        Assert.Equal((false, null), (_kit.Peers.Demands[0].MustVerify, _kit.Peers.Demands[0].Dane));

        _kit.Peers.Extensions = PeerExtensions.None;
        _kit.Pool.CloseIdle(everything: true);
        Assert.Equal("tls", (await SendAsync()).Class);
    }

    [Theory]
    [InlineData(DnsStatus.ServerFailure)]
    [InlineData(DnsStatus.Timeout)]
    public async Task What_nobody_knows_defers(DnsStatus status)
    {
        _kit.Zone.TlsaFails(TlsaName, status);

        var outcome = await SendAsync();

        Assert.Equal((OutcomeKind.Deferred, "tls"), (outcome.Kind, outcome.Class));
        Assert.Empty(_kit.Peers.Dialled);
    }

    [Fact]
    public async Task A_disturbed_mx_lookup_does_not_switch_the_records_off()
    {
        _kit.Zone.Tlsa(TlsaName, isAuthentic: true, Record(3, 1, 1)).MxFails("example.com", DnsStatus.Timeout);

        await SendAsync();

        Assert.NotNull(Assert.Single(_kit.Peers.Demands).Dane);
    }

    [Fact]
    public async Task Insecure_answers_are_no_dane()
    {
        _kit.Zone.Tlsa(TlsaName, isAuthentic: false, Record(3, 1, 1));

        await SendAsync();

        Assert.Equal((false, null), (_kit.Peers.Demands[0].MustVerify, _kit.Peers.Demands[0].Dane));
    }

    [Fact]
    public async Task Insecure_names_are_no_dane_and_their_connections_are_not_shared()
    {
        _kit.Zone.Tlsa(TlsaName, isAuthentic: true, Record(3, 1, 1)).Mx("example.net", (10, "mx1.example.com"));

        await _kit.AttemptAsync(_kit.Task(["a@example.net"]), _route);
        await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);
        await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        Assert.Equal([false, true], _kit.Peers.Demands.Select(d => d.Dane is not null));
        Assert.Equal([1, 2], _kit.Peers.Sessions.Select(s => s.Sent));
    }

    [Fact]
    public async Task Tls_turned_off_for_a_site_stays_off()
    {
        _kit.Zone.Tlsa(TlsaName, isAuthentic: true, Record(3, 1, 1));
        var route = DeliveryKit.MxRoute("example.com", new SiteOptions { Tls = DeliveryTlsMode.None }, FakePeers.Host("mx1.example.com"));

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), route);

        Assert.Equal(OutcomeKind.Delivered, result.Outcomes[0].Outcome.Kind);
        Assert.Empty(_kit.Peers.Demands);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(0, 2)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    public void The_certificate_itself_counts_whatever_its_name(byte selector, byte matching)
    {
        using var right = Certificate("mx1.example.com");
        using var wrong = Certificate("mx1.example.com");
        TlsaRecord[] records = [Record(3, 1, 1), Record(3, selector, matching, right)];

        Assert.True(DaneVerifier.IsSatisfied(records, right, null, SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(DaneVerifier.IsSatisfied(records, wrong, null, SslPolicyErrors.None));
    }

    [Theory]
    [InlineData(SslPolicyErrors.RemoteCertificateChainErrors, true)]
    [InlineData(SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch, false)]
    public void An_authority_that_was_sent_along_counts_with_the_name(SslPolicyErrors errors, bool expected)
    {
        using var authority = Authority("Test CA");
        using var leaf = Issue(authority, "mx1.example.com");
        using var chain = Sent(authority);

        Assert.Equal(expected, DaneVerifier.IsSatisfied([Record(2, 0, 1, authority)], leaf, chain, errors));
    }

    [Fact]
    public void An_authority_that_did_not_issue_the_certificate_does_not_count()
    {
        using var authority = Authority("Test CA");
        using var other = Authority("Test CA");
        using var leaf = Issue(authority, "mx1.example.com");
        using var chain = Sent(authority, other);

        Assert.False(DaneVerifier.IsSatisfied([Record(2, 0, 1, other)], leaf, chain, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(DaneVerifier.IsSatisfied([Record(2, 0, 1, authority)], leaf, null, SslPolicyErrors.RemoteCertificateChainErrors));
    }

    private static X509Chain Sent(params X509Certificate2[] certificates)
    {
        var chain = new X509Chain();
        chain.ChainPolicy.ExtraStore.AddRange(certificates);
        return chain;
    }

    private static TlsaRecord Record(byte usage, byte selector, byte matching, X509Certificate2? certificate = null)
    {
        if (certificate is null)
        {
            return new TlsaRecord(usage, selector, matching, new byte[matching == 2 ? 64 : 32]);
        }

        var selected = selector == 0 ? certificate.RawData : certificate.PublicKey.ExportSubjectPublicKeyInfo();
        return new TlsaRecord(usage, selector, matching, matching switch { 1 => SHA256.HashData(selected), 2 => SHA512.HashData(selected), _ => selected });
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256)
            .Create(authority, new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2098, 1, 1, 0, 0, 0, TimeSpan.Zero), [1, 2, 3, 4]);
    }

    private async Task<AttemptOutcome> SendAsync() => (await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route)).Outcomes[0].Outcome;
}
