using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Relay.Tests.Support;

/// <summary>Certificates made in memory for one test run.</summary>
public static class TestCertificates
{
    private static readonly Lazy<X509Certificate2> LazyServer = new(() => Create("mail.example.com"));
    private static readonly Lazy<X509Certificate2> LazyClient = new(() => Create("client.example.com"));
    private static readonly Lazy<SslStreamCertificateContext> LazyContext = new(() => SslStreamCertificateContext.Create(Server, null, offline: true));

    /// <summary>Self-signed, for mail.example.com, localhost and 127.0.0.1.</summary>
    public static X509Certificate2 Server => LazyServer.Value;

    /// <summary>Self-signed, as a client would show it.</summary>
    public static X509Certificate2 Client => LazyClient.Value;

    /// <summary>Fresh options over one shared certificate context, as a listener would use.</summary>
    public static SslServerAuthenticationOptions ServerOptions() => new() { ServerCertificateContext = LazyContext.Value };

    /// <summary>Self-signed certificate with key for <paramref name="host"/>, valid from 2020 to 2100.</summary>
    public static X509Certificate2 Create(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + host, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }
}
