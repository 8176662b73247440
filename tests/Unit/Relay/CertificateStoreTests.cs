using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class CertificateStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Makes_a_private_self_signed_certificate_for_its_name()
    {
        var store = SelfSigned();

        var certificate = CertificateOf(store);
        Assert.True(store.IsSelfSigned);
        Assert.True(certificate.HasPrivateKey);
        Assert.True(certificate.MatchesHostname("relay.example.com"));
        Assert.True(certificate.MatchesHostname("localhost"));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File("self-signed.pem")));
        }
    }

    [Fact]
    public void Keeps_the_self_signed_certificate_over_a_restart() =>
        Assert.Equal(CertificateOf(SelfSigned()).Thumbprint, CertificateOf(SelfSigned()).Thumbprint);

    [Fact]
    public void Takes_a_renewed_certificate_when_told_to()
    {
        WritePem("one.example.com");
        var store = FromFiles();
        var before = CertificateOf(store).Thumbprint;
        WritePem("two.example.com");
        Assert.Equal(before, CertificateOf(store).Thumbprint);

        store.Reload();

        Assert.True(CertificateOf(store).MatchesHostname("two.example.com"));
    }

    [Fact]
    public void Keeps_the_certificate_in_force_when_the_new_one_cannot_be_used()
    {
        WritePem("one.example.com");
        var store = FromFiles();
        File.WriteAllText(_folder.File("cert.pem"), "no certificate");

        var trouble = Assert.Throws<CertificateException>(store.Reload);

        Assert.Contains("cert.pem", trouble.Message, StringComparison.Ordinal);
        Assert.True(CertificateOf(store).MatchesHostname("one.example.com"));
    }

    [Fact]
    public void Chooses_the_certificate_whose_name_is_asked_for()
    {
        WritePem("one.example.com");
        using (var other = TestCertificates.Create("other.example.net"))
        {
            File.WriteAllBytes(_folder.File("other.p12"), other.Export(X509ContentType.Pkcs12, "secret"));
        }

        var store = FromFiles(new CertificateFiles(_folder.File("other.p12"), null, "secret"));

        Assert.True(store.For("other.example.net")!.ServerCertificateContext!.TargetCertificate.MatchesHostname("other.example.net"));
        Assert.Null(store.For("one.example.com"));
        Assert.Null(store.For(string.Empty));
        Assert.True(CertificateOf(store).MatchesHostname("one.example.com"));
    }

    [Fact]
    public void Opens_an_encrypted_key_in_pem()
    {
        WritePem("one.example.com");
        using (var key = ECDsa.Create())
        {
            key.ImportFromPem(File.ReadAllText(_folder.File("key.pem")));
            File.WriteAllText(_folder.File("key.pem"), key.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        }

        CertificateFiles With(string? password) => new(_folder.File("cert.pem"), _folder.File("key.pem"), password);

        Assert.Empty(CertificateStore.Faults([With("secret")], []));
        Assert.Contains("key.pem", Assert.Single(CertificateStore.Faults([With("wrong")], [])), StringComparison.Ordinal);
        Assert.Equal(2, CertificateStore.Faults([With(null)], [_folder.File("key.pem")]).Count);
    }

    [Fact]
    public void Names_a_container_that_cannot_be_opened()
    {
        WritePem("one.example.com");
        File.WriteAllText(_folder.File("other.pfx"), "nothing");

        Assert.Contains("other.pfx", Assert.Throws<CertificateException>(() => FromFiles(new CertificateFiles(_folder.File("other.pfx"), null, null))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Notices_that_files_have_changed_and_waits_for_half_written_ones()
    {
        WritePem("one.example.com");
        var store = FromFiles();
        using var watch = new CertificateWatch(store, _time, NullLogger<CertificateWatch>.Instance);
        Assert.False(watch.Look());

        File.WriteAllText(_folder.File("cert.pem"), "-----BEGIN CERT");
        File.SetLastWriteTimeUtc(_folder.File("cert.pem"), new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.False(watch.Look());
        Assert.True(CertificateOf(store).MatchesHostname("one.example.com"));

        WritePem("two.example.com");
        File.SetLastWriteTimeUtc(_folder.File("cert.pem"), new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.True(watch.Look());
        Assert.True(CertificateOf(store).MatchesHostname("two.example.com"));
        Assert.False(watch.Look());
    }

    [Fact]
    public void Notices_a_link_that_was_turned_further_up()
    {
        WritePem("one.example.com");
        Directory.CreateDirectory(_folder.File("first"));
        File.Move(_folder.File("cert.pem"), _folder.File("first/cert.pem"));
        Directory.CreateSymbolicLink(_folder.File("data"), "first");
        File.CreateSymbolicLink(_folder.File("cert.pem"), "data/cert.pem");
        var store = FromFiles();
        using var watch = new CertificateWatch(store, _time, NullLogger<CertificateWatch>.Instance);
        Directory.CreateDirectory(_folder.File("second"));
        File.WriteAllText(_folder.File("second/cert.pem"), File.ReadAllText(_folder.File("first/cert.pem")) + "\n# renewed\n");
        Assert.False(watch.Look());

        Directory.Delete(_folder.File("data"));
        Directory.CreateSymbolicLink(_folder.File("data"), "second");

        Assert.True(watch.Look());
    }

    [Fact]
    public void Says_once_what_is_wrong_with_changed_files_and_tells_it_until_it_is_mended()
    {
        WritePem("one.example.com");
        var store = FromFiles();
        var log = new CollectingLogger<CertificateWatch>();
        using var watch = new CertificateWatch(store, _time, log);

        File.WriteAllText(_folder.File("cert.pem"), "broken");
        Assert.False(watch.Look());
        Assert.False(watch.Look());
        Assert.Contains("cert.pem", Assert.Single(log.Lines), StringComparison.Ordinal);
        Assert.Contains("cert.pem", store.Trouble, StringComparison.Ordinal);

        // Of another length than the first, so that no coarse clock hides the change.
        WritePem("another-one.example.com");
        Assert.True(watch.Look());
        Assert.Null(store.Trouble);
    }

    [Fact]
    public void Chooses_by_the_common_name_where_a_certificate_has_no_other()
    {
        WritePem("one.example.com");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=other.example.net", key, HashAlgorithmName.SHA256);
        using (var other = request.CreateSelfSigned(_time.GetUtcNow(), _time.GetUtcNow().AddDays(30)))
        {
            File.WriteAllBytes(_folder.File("other.p12"), other.Export(X509ContentType.Pkcs12, "secret"));
        }

        var store = FromFiles(new CertificateFiles(_folder.File("other.p12"), null, "secret"));

        Assert.NotNull(store.For("other.example.net"));
        Assert.Null(store.For("one.example.com"));
    }

    [Theory]
    [InlineData(false, SslProtocols.Tls12 | SslProtocols.Tls13)]
    [InlineData(true, SslProtocols.Tls13)]
    public void Speaks_no_version_below_the_lowest_allowed(bool tls13Only, SslProtocols protocols) =>
        Assert.Equal(protocols, new CertificateStore(null, [], [], tls13Only, _folder.Path, "relay.example.com", _time).Current.EnabledSslProtocols);

    private CertificateStore SelfSigned() => new(null, [], [], false, _folder.Path, "relay.example.com", _time);

    private CertificateStore FromFiles(params CertificateFiles[] further) => new(new CertificateFiles(_folder.File("cert.pem"), _folder.File("key.pem"), null), further, [], false, _folder.Path, "relay.example.com", _time);

    private static X509Certificate2 CertificateOf(CertificateStore store) => store.Current.ServerCertificateContext!.TargetCertificate;

    private void WritePem(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(_time.GetUtcNow(), _time.GetUtcNow().AddDays(90));
        File.WriteAllText(_folder.File("cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(_folder.File("key.pem"), key.ExportPkcs8PrivateKeyPem());
    }
}
