using System.Net.Security;
using System.Security.Authentication;
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

    private static X509ChainPolicy Trusting(X509Certificate2 certificate)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(certificate);
        return policy;
    }

    private static async Task<(SmtpProtocolException? Error, SmtpClientSession Session)> HandshakeAsync(SslClientAuthenticationOptions options)
    {
        await using var peer = new ScriptedPeer();
        var session = new SmtpClientSession(peer.Stream, new SmtpClientOptions { EhloName = "client.example" }, new ManualTimeProvider());
        var server = peer.StartTlsAsync();
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
