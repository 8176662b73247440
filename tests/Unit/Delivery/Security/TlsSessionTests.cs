using Relay.Delivery;
using Relay.Queue;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>How attempts are counted for reports about TLS.</summary>
public sealed class TlsSessionTests
{
    private static readonly Route Remote = DeliveryKit.MxRoute("example.com", FakePeers.Host("mx1.example.com"));

    private readonly DeliveryKit _kit = new();

    public TlsSessionTests() => _kit.Peers.Extensions = PeerExtensions.None with { StartTls = true };

    [Fact]
    public async Task A_session_with_tls_is_a_success_and_reuse_is_no_session()
    {
        await DeliverAsync();
        await DeliverAsync();

        Assert.Single(_kit.Peers.Sessions);
        Assert.Equal((TlsPolicyKind.None, TlsSessionResult.Success, 1, ""), Facts(Assert.Single(await CountsAsync())));
    }

    [Fact]
    public async Task A_host_without_starttls_is_counted_with_its_address()
    {
        _kit.Peers.Extensions = PeerExtensions.None;

        await DeliverAsync();

        var count = Assert.Single(await CountsAsync());
        Assert.Equal((TlsPolicyKind.None, TlsSessionResult.StartTlsNotSupported, 1, "mx1.example.com"), Facts(count));
        Assert.Equal("192.0.2.1", count.ReceivingAddress);
    }

    [Fact]
    public async Task A_handshake_that_breaks_is_a_validation_failure_once()
    {
        _kit.Peers.TlsFailure = new SmtpProtocolException(TransactionStep.StartTls, null, "it broke") { Handshake = HandshakeFailure.Broken };

        await DeliverAsync();

        var count = Assert.Single(await CountsAsync());
        Assert.Equal((TlsPolicyKind.None, TlsSessionResult.ValidationFailure, 1, "mx1.example.com"), Facts(count));
        Assert.Equal("it broke", count.Detail);
    }

    [Theory]
    [InlineData("testing")]
    [InlineData("enforce")]
    public async Task A_certificate_that_breaks_the_policy_is_told_whether_it_is_enforced_or_not(string mode)
    {
        Publish(mode, "mx1.example.com");
        _kit.Peers.CertificateTrouble = TlsSessionResult.CertificateExpired;
        if (mode == "enforce")
        {
            _kit.Peers.TlsFailure = new SmtpProtocolException(TransactionStep.StartTls, null, "expired") { Handshake = HandshakeFailure.Certificate };
        }
        else
        {
            _kit.Peers.TlsAfterStart = _kit.Peers.TlsAfterStart! with { IsVerified = false };
        }

        await DeliverAsync();

        Assert.Equal((TlsPolicyKind.MtaSts, TlsSessionResult.CertificateExpired, 1, "mx1.example.com"), Facts(Assert.Single(await CountsAsync())));
    }

    [Theory]
    [InlineData("testing", "mx1.example.com")]
    [InlineData("enforce", "")]
    public async Task A_host_the_policy_does_not_name_is_told(string mode, string host)
    {
        Publish(mode, "other.example.com");

        await DeliverAsync();

        Assert.Equal((TlsPolicyKind.MtaSts, TlsSessionResult.ValidationFailure, 1, host), Facts(Assert.Single(await CountsAsync())));
    }

    [Fact]
    public async Task A_policy_that_is_kept_is_a_success_under_its_name()
    {
        Publish("enforce", "mx1.example.com");

        await DeliverAsync();

        Assert.Equal((TlsPolicyKind.MtaSts, TlsSessionResult.Success, 1, ""), Facts(Assert.Single(await CountsAsync())));
    }

    [Theory]
    [InlineData(null, TlsSessionResult.StsPolicyFetchError)]
    [InlineData("version: STSv2\n", TlsSessionResult.StsPolicyInvalid)]
    public async Task A_policy_that_cannot_be_had_is_told(string? text, TlsSessionResult result)
    {
        PublishText(text);

        await DeliverAsync();

        Assert.Contains(await CountsAsync(), count => Facts(count) == (TlsPolicyKind.MtaSts, result, 1, ""));
    }

    [Fact]
    public async Task Mail_to_hosts_of_the_operators_choice_is_not_counted()
    {
        await _kit.AttemptAsync(_kit.Task(["a@example.com"]), Remote with { Kind = RouteKind.Smarthost });

        Assert.Empty(await CountsAsync());
    }

    [Fact]
    public async Task What_cannot_be_stored_is_kept_for_the_next_time()
    {
        await DeliverAsync();
        _kit.TlsReports.Trouble = new StoreUnavailableException("away");
        await _kit.TlsSessions.FlushAsync(CancellationToken.None);
        _kit.TlsReports.Trouble = null;

        Assert.Single(await CountsAsync());
    }

    private static (TlsPolicyKind Policy, TlsSessionResult Result, int Sessions, string Host) Facts(TlsSessionCount count) =>
        (count.Policy, count.Result, count.Sessions, count.MailHost);

    private void Publish(string mode, string host) => PublishText($"version: STSv1\nmode: {mode}\nmx: {host}\nmax_age: 86400\n");

    private void PublishText(string? text)
    {
        _kit.Zone.Txt("_mta-sts.example.com", "v=STSv1; id=1;");
        if (text is not null)
        {
            _kit.PolicyHosts.Files["example.com"] = text;
        }
    }

    private ValueTask<AttemptResult> DeliverAsync() => _kit.AttemptAsync(_kit.Task(["a@example.com"]), Remote);

    private async Task<IReadOnlyList<TlsSessionCount>> CountsAsync()
    {
        await _kit.TlsSessions.FlushAsync(CancellationToken.None);
        return await _kit.TlsReports.ReadAsync(DateOnly.FromDateTime(_kit.Clock.Now.UtcDateTime), "example.com", CancellationToken.None);
    }
}
