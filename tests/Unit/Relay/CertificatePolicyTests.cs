using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Senders;
using Relay.Smtp;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Clients known by the certificate they show.</summary>
public sealed class CertificatePolicyTests : IDisposable
{
    private const string Fingerprint = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly IntakeKit _kit = new();
    private readonly MemoryCredentialStore _store = new();
    private readonly MemoryAuditStore _audit = new();
    private readonly CredentialCheck _credentials;

    public CertificatePolicyTests() => _credentials = new CredentialCheck(_store, _kit.Time);

    public void Dispose() => _credentials.Dispose();

    [Fact]
    public async Task A_fingerprint_stands_for_its_login_whoever_issued_the_certificate()
    {
        await AddAsync("printer", Fingerprint, senders: ["example.com"]);
        var policy = Policy();
        var session = await GreetAsync(policy, Shown(isTrusted: false));

        Assert.True(session.IsCertified);
        Assert.True(policy.MayRelay(session));
        Assert.Null(await policy.MailAsync(session, Envelope("a@example.com"), null, None));
        Assert.Equal("5.7.1", (await policy.MailAsync(session, Envelope("a@elsewhere.example"), null, None))?.Enhanced?.ToString());
    }

    [Fact]
    public async Task A_subject_says_something_only_under_a_known_issuer()
    {
        await AddAsync("printer", "CN=printer-7, O=Example");
        var policy = Policy();

        Assert.True((await GreetAsync(policy, Shown(isTrusted: true))).IsCertified);
        var stranger = await GreetAsync(policy, Shown(isTrusted: false));
        Assert.False(stranger.IsCertified);
        Assert.Equal(530, (await policy.MailAsync(stranger, Envelope("a@example.com"), null, None))?.Code);
    }

    [Fact]
    public async Task A_certificate_that_stands_for_nobody_gives_nothing()
    {
        var session = await GreetAsync(Policy(), Shown(isTrusted: true));

        Assert.False(session.IsCertified);
        Assert.Equal(535, (await Policy().AuthenticateCertificateAsync(session, "", None)).Refusal?.Code);
    }

    [Fact]
    public async Task External_is_the_login_of_the_certificate_and_no_other()
    {
        await AddAsync("printer", Fingerprint);
        var policy = Policy();
        var session = await GreetAsync(policy, Shown(isTrusted: false));

        Assert.Equal("printer", (await policy.AuthenticateCertificateAsync(session, "", None)).Login);
        Assert.Equal("printer", (await policy.AuthenticateCertificateAsync(session, "printer", None)).Login);
        Assert.Equal(535, (await policy.AuthenticateCertificateAsync(session, "root", None)).Refusal?.Code);
    }

    [Fact]
    public async Task A_session_ends_when_the_certificate_is_taken_from_its_login()
    {
        await AddAsync("printer", Fingerprint);
        var policy = Policy();
        var session = await GreetAsync(policy, Shown(isTrusted: false));
        Assert.Null(await policy.ContinueAsync(session, None));

        await Users.RemoveCertificateAsync("printer", Fingerprint, AuditActor.Cli, None);

        Assert.Equal(421, (await policy.ContinueAsync(session, None))?.Code);
    }

    [Fact]
    public async Task A_login_by_external_ends_with_its_certificate_too()
    {
        await AddAsync("printer", Fingerprint);
        var policy = Policy();
        var session = await GreetAsync(policy, Shown(isTrusted: false));
        session = session.LoggedInAs(await policy.AuthenticateCertificateAsync(session, "", None));
        Assert.Null(await policy.ContinueAsync(session, None));

        await Users.RemoveCertificateAsync("printer", Fingerprint, AuditActor.Cli, None);

        Assert.Equal(421, (await policy.ContinueAsync(session, None))?.Code);
    }

    [Fact]
    public async Task A_login_used_up_by_time_or_network_refuses_its_certificate()
    {
        await AddAsync("printer", Fingerprint, networks: ["203.0.113.0/24"]);

        var known = await Policy().IdentifyAsync(Session(Shown(isTrusted: false)), None);

        Assert.Equal((450, "4.7.1"), (known!.Refusal!.Code, known.Refusal.Enhanced?.ToString()));
    }

    private UserService Users => new(_store, _audit, _kit.Time);

    private static ClientCertificate Shown(bool isTrusted) => new(Fingerprint, "CN=printer-7, O=Example", isTrusted);

    private async Task AddAsync(string name, string certificate, string[]? senders = null, string[]? networks = null)
    {
        var restrictions = new CredentialRestrictions { AllowedSenders = senders ?? [], AllowedNetworks = networks ?? [] };
        await Users.CreateAsync(name, "never used", restrictions, AuditActor.Cli, None);
        await Users.AddCertificateAsync(name, certificate, AuditActor.Cli, None);
    }

    private static async Task<SmtpSession> GreetAsync(SubmissionPolicy policy, ClientCertificate shown)
    {
        var session = Session(shown);
        return session.KnownAs(await policy.IdentifyAsync(session, None));
    }

    private static SmtpSession Session(ClientCertificate shown) => new()
    {
        ConnectionId = "1",
        Listener = "test",
        Peer = new IPEndPoint(IPAddress.Parse("198.51.100.1"), 40000),
        Local = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 587),
        HelloName = "client.example",
        IsExtended = true,
        Tls = new TlsInfo("TLS1.3", "TLS_AES_256_GCM_SHA384", false) { Client = shown },
    };

    private static Envelope Envelope(string sender) => new() { ReversePath = new ReversePath(Mailbox.Parse(sender)), Recipients = [] };

    private SubmissionPolicy Policy() => new(
        new SubmissionRules
        {
            AllowsAuthentication = true,
            RequiresLogin = true,
            IsOpenToClients = false,
            RelayNetworks = [],
            ObeysHeaders = true,
            RejectsSuppressed = false,
        },
        [],
        _credentials,
        new SubmissionKit(_kit),
        _kit.Intake,
        _kit.Suppressions,
        NullLogger<SubmissionPolicy>.Instance);
}
