using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>A relay that asks for certificates: <c>pinned</c> and <c>passing</c> are known by fingerprint, <c>issued</c> by its subject.</summary>
public sealed class CertifiedRelay : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    public RelayProcess Relay { get; } = new() { ServeOptions = ["--sandbox"] };

    public int AskingPort { get; } = LoopbackPorts.Free();

    public int DemandingPort { get; } = LoopbackPorts.Free();

    public string File(string name) => _folder.File(name);

    public async Task InitializeAsync()
    {
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuerRequest = new CertificateRequest("CN=Device issuer, O=Example", issuerKey, HashAlgorithmName.SHA256);
        issuerRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var issuer = issuerRequest.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(100));
        await System.IO.File.WriteAllTextAsync(_folder.File("issuer.pem"), issuer.ExportCertificatePem());
        await WriteClientAsync("pinned", null);
        await WriteClientAsync("issued", issuer);
        await WriteClientAsync("passing", null);
        await WriteClientAsync("stranger", null);
        Relay.Configure(listener: string.Create(
            CultureInfo.InvariantCulture,
            $"""

            [listener.asking]
            endpoint = "127.0.0.1:{AskingPort}"
            relay_networks = []
            client_certificates = "request"
            client_issuers = "{_folder.File("issuer.pem")}"

            [listener.demanding]
            endpoint = "127.0.0.1:{DemandingPort}"
            relay_networks = []
            tls = "implicit"
            client_certificates = "require"

            """));
        await CommandAsync("user", "add", "printer", "--senders", "example.com");
        await CommandAsync("user", "certify", "printer", _folder.File("pinned.pem"));
        await CommandAsync("user", "certify", "printer", _folder.File("passing.pem"));
        await CommandAsync("user", "add", "device");
        await CommandAsync("user", "certify", "device", "CN=issued.example.com, O=Example");
        await Relay.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await Relay.DisposeAsync();
        _folder.Dispose();
    }

    private async Task WriteClientAsync(string name, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}.example.com, O=Example", key, HashAlgorithmName.SHA256);
        using var certificate = issuer is null
            ? request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(99))
            : request.Create(issuer, DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(99), [1, 2, 3]);
        await System.IO.File.WriteAllTextAsync(_folder.File(name + ".pem"), certificate.ExportCertificatePem());
        await System.IO.File.WriteAllTextAsync(_folder.File(name + ".key"), key.ExportPkcs8PrivateKeyPem());
    }

    public async Task CommandAsync(params string[] arguments)
    {
        var (exitCode, output) = await Relay.RunAsync(arguments);
        Assert.True(exitCode == 0, output);
    }
}
