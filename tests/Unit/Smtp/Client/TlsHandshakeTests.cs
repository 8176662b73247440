using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Relay.Smtp.Client;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class TlsHandshakeTests
{
    [Fact]
    public void Copies_every_option_the_framework_has()
    {
        var options = new SslClientAuthenticationOptions
        {
            AllowRenegotiation = false,
            AllowTlsResume = false,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            CertificateChainPolicy = new X509ChainPolicy(),
            CertificateRevocationCheckMode = X509RevocationMode.Online,
            ClientCertificateContext = SslStreamCertificateContext.Create(ScriptedPeer.Certificate, null),
            ClientCertificates = [],
            EnabledSslProtocols = SslProtocols.Tls13,
            LocalCertificateSelectionCallback = static (_, _, _, _, _) => null!,
            RemoteCertificateValidationCallback = static (_, _, _, errors) => errors == SslPolicyErrors.None,
            TargetHost = "mx.example.com",
        };
        if (OperatingSystem.IsLinux())
        {
            options.AllowRsaPkcs1Padding = false;
            options.AllowRsaPssPadding = false;
            options.CipherSuitesPolicy = new CipherSuitesPolicy([TlsCipherSuite.TLS_AES_128_GCM_SHA256]);
        }

        var copy = TlsHandshake.Copy(options);

        Assert.NotSame(options, copy);
        Assert.All(typeof(SslClientAuthenticationOptions).GetProperties(), property =>
            Assert.Equal(property.GetValue(options), property.GetValue(copy)));
    }

    [Fact]
    public async Task Tells_that_the_certificate_names_another_host()
    {
        var (error, session) = await HandshakeAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "other.example.com",
            CertificateChainPolicy = Trusting(ScriptedPeer.Certificate),
        });
        Assert.Equal("the TLS certificate was refused: it does not name other.example.com", error?.Message);
        Assert.Null(session.Tls);
    }

    [Fact]
    public async Task Tells_that_the_policy_refused_a_sound_certificate()
    {
        var (error, _) = await HandshakeAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "mx.example.com",
            CertificateChainPolicy = Trusting(ScriptedPeer.Certificate),
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is null,
        });
        Assert.Equal("the TLS certificate was refused: it does not satisfy the TLS policy", error?.Message);
    }

    [Fact]
    public async Task Is_verified_when_the_chain_and_the_name_are_right()
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "mx.example.com",
            CertificateChainPolicy = Trusting(ScriptedPeer.Certificate),
        };
        var (error, session) = await HandshakeAsync(options);
        Assert.Null(error);
        Assert.True(session.Tls?.IsVerified);
        Assert.StartsWith("TLS1.", session.Tls?.Protocol, StringComparison.Ordinal);
        Assert.StartsWith("TLS_", session.Tls?.CipherSuite, StringComparison.Ordinal);
        Assert.Null(options.RemoteCertificateValidationCallback);
    }

    [Fact]
    public async Task Is_not_verified_when_the_callback_forgave_errors()
    {
        var (error, session) = await HandshakeAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "mx.example.com",
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        });
        Assert.Null(error);
        Assert.False(session.Tls?.IsVerified);
    }

    [Theory]
    [InlineData("mail-.example.com")]
    [InlineData("xn--a.example.com")]
    public async Task A_host_whose_name_cannot_stand_in_a_certificate_is_encrypted_to_all_the_same(string host)
    {
        var (error, session) = await HandshakeAsync(new SslClientAuthenticationOptions
        {
            TargetHost = host,
            CertificateChainPolicy = Trusting(ScriptedPeer.Certificate),
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        });

        Assert.Null(error);
        Assert.False(session.Tls?.IsVerified);
    }

    [Fact]
    public async Task A_host_whose_name_cannot_stand_in_a_certificate_is_never_verified()
    {
        var (error, _) = await HandshakeAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "mail-.example.com",
            CertificateChainPolicy = Trusting(ScriptedPeer.Certificate),
        });

        Assert.Equal("the TLS certificate was refused: it does not name mail-.example.com", error?.Message);
        Assert.Equal(HandshakeFailure.Certificate, error?.Handshake);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_is_a_handshake_that_failed()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mx.example.com", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("2.5.29.37", [1, 2, 3], critical: true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);

        var (error, _) = await HandshakeAsync(
            new SslClientAuthenticationOptions { TargetHost = "mx.example.com", RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null },
            certificate);

        Assert.Equal(HandshakeFailure.Broken, error?.Handshake);
        Assert.StartsWith("the TLS handshake failed: ", error?.Message, StringComparison.Ordinal);
    }

    private static X509ChainPolicy Trusting(X509Certificate2 certificate)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(certificate);
        return policy;
    }

    private static async Task<(SmtpProtocolException? Error, SmtpClientSession Session)> HandshakeAsync(
        SslClientAuthenticationOptions options, X509Certificate2? certificate = null)
    {
        await using var peer = new ScriptedPeer();
        var session = new SmtpClientSession(peer.Stream, new SmtpClientOptions { EhloName = "client.example" }, new ManualTimeProvider());
        var server = peer.StartTlsAsync(certificate);
        SmtpProtocolException? error = null;
        try
        {
            await session.UpgradeImplicitAsync(options, CancellationToken.None);
        }
        catch (SmtpProtocolException refused)
        {
            error = refused;
        }

        await session.DisposeAsync();
        await server.ContinueWith(static _ => { }, TaskScheduler.Default);
        return (error, session);
    }
}
