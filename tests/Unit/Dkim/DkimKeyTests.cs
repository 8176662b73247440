using System.Security.Cryptography;
using Relay.Dkim;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DkimKeyTests
{
    [Theory]
    [InlineData(DkimAlgorithm.RsaSha256, "v=DKIM1; k=rsa; p=")]
    [InlineData(DkimAlgorithm.Ed25519Sha256, "v=DKIM1; k=ed25519; p=")]
    public void A_generated_key_comes_back_from_its_PEM(DkimAlgorithm algorithm, string recordStart)
    {
        var generated = DkimKeyGenerator.Generate("Example.COM", "Sel-1", algorithm);

        using var read = DkimKey.FromPem("example.com", "sel-1", generated.ToPem());

        Assert.Equal(algorithm, read.Algorithm);
        Assert.Equal("sel-1._domainkey.example.com", generated.Key.RecordName);
        Assert.Equal(generated.Key.PublicRecord, read.PublicRecord);
        Assert.StartsWith(recordStart, read.PublicRecord, StringComparison.Ordinal);
    }

    [Fact]
    public void An_RSA_key_has_2048_bits()
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(DkimKeyGenerator.Generate("example.com", "s", DkimAlgorithm.RsaSha256).ToPem());

        Assert.Equal(2048, rsa.KeySize);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a key")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")]
    [InlineData("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----")]
    public void Text_that_is_no_private_key_is_refused(string pem) =>
        Assert.Throws<FormatException>(() => DkimKey.FromPem("example.com", "s", pem));

    [Fact]
    public void An_elliptic_curve_key_is_refused()
    {
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        Assert.Throws<FormatException>(() => DkimKey.FromPem("example.com", "s", curve.ExportPkcs8PrivateKeyPem()));
    }

    [Fact]
    public void A_short_RSA_key_is_refused()
    {
        using var rsa = RSA.Create(512);

        var fault = Assert.Throws<FormatException>(() => DkimKey.FromPem("example.com", "s", rsa.ExportPkcs8PrivateKeyPem()));

        Assert.Contains("512", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exa mple.com", "s")]
    [InlineData("example.com", "")]
    [InlineData("example.com", "s;x")]
    public void Names_that_do_not_fit_DNS_are_refused(string domain, string selector) =>
        Assert.Throws<FormatException>(() => DkimKeyGenerator.Generate(domain, selector, DkimAlgorithm.Ed25519Sha256));

    [Theory]
    [InlineData(DkimAlgorithm.RsaSha256)]
    [InlineData(DkimAlgorithm.Ed25519Sha256)]
    public void A_disposed_key_signs_no_more(DkimAlgorithm algorithm)
    {
        var key = DkimKeyGenerator.Generate("example.com", "s", algorithm).Key;
        _ = key.SignHash(new byte[32]);
        key.Dispose();
        key.Dispose();

        Assert.Throws<ObjectDisposedException>(() => key.SignHash(new byte[32]));
    }
}
