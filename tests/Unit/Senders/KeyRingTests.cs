using System.Security.Cryptography;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class KeyRingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("relay-key-ring-").FullName;

    private string FilePath => Path.Combine(_folder, "master.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_sealed_opens_again()
    {
        var ring = KeyRing.Parse(KeyRing.CreateText());
        byte[] secret = [1, 2, 3];

        Assert.Equal(secret, ring.Open(ring.Seal(secret, "dkim"), "dkim"));
        Assert.Empty(ring.Open(ring.Seal([], "dkim"), "dkim"));
        Assert.NotEqual(ring.Seal(secret, "dkim"), ring.Seal(secret, "dkim"));
    }

    [Fact]
    public void A_sealed_value_does_not_open_for_another_purpose()
    {
        var ring = KeyRing.Parse(KeyRing.CreateText());

        Assert.ThrowsAny<CryptographicException>(() => ring.Open(ring.Seal([1], "dkim"), "webhook"));
    }

    [Fact]
    public void No_altered_octet_opens()
    {
        var ring = KeyRing.Parse(KeyRing.CreateText());
        var value = ring.Seal([1, 2, 3], "dkim");
        for (var i = 0; i < value.Length; i++)
        {
            byte[] altered = [.. value];
            altered[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => ring.Open(altered, "dkim"));
            Assert.ThrowsAny<CryptographicException>(() => ring.Open(value.AsSpan(0, i), "dkim"));
        }
    }

    [Fact]
    public void Another_ring_opens_nothing()
    {
        var value = KeyRing.Parse(KeyRing.CreateText()).Seal([1], "dkim");

        Assert.ThrowsAny<CryptographicException>(() => KeyRing.Parse(KeyRing.CreateText()).Open(value, "dkim"));
    }

    [Fact]
    public void Purposes_and_master_keys_have_their_own_HMAC_keys()
    {
        var ring = KeyRing.Parse(KeyRing.CreateText());
        var (keyId, key) = ring.DeriveCurrent("return-path");

        Assert.Equal(32, key.Length);
        Assert.Equal(key, ring.Derive(keyId, "return-path"));
        Assert.NotEqual(key, ring.Derive(keyId, "links"));
        Assert.NotEqual(key, KeyRing.Parse(KeyRing.CreateText()).DeriveCurrent("return-path").Key);
        Assert.Null(ring.Derive(keyId + 1, "return-path"));
    }

    [Fact]
    public void The_file_is_made_once_for_the_owner_only_and_read_again()
    {
        var first = KeyRing.LoadOrCreate(FilePath);
        var second = KeyRing.LoadOrCreate(FilePath);

        Assert.Equal([1], second.Open(first.Seal([1], "dkim"), "dkim"));
        Assert.Equal([FilePath], Directory.GetFiles(_folder));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        }
    }

    [Fact]
    public void After_rotation_the_new_key_is_current_and_the_old_one_still_opens()
    {
        var ring = KeyRing.LoadOrCreate(FilePath);
        var (oldId, oldKey) = ring.DeriveCurrent("links");
        var value = ring.Seal([7], "dkim");

        var newId = ring.Rotate();
        var reloaded = KeyRing.LoadOrCreate(FilePath);

        Assert.Equal(newId, reloaded.CurrentKeyId);
        Assert.Equal(newId, ring.DeriveCurrent("links").KeyId);
        Assert.NotEqual(oldKey, reloaded.DeriveCurrent("links").Key);
        Assert.Equal(oldKey, reloaded.Derive(oldId, "links"));
        Assert.Equal([7], reloaded.Open(value, "dkim"));
    }

    [Fact]
    public void A_ring_without_file_cannot_be_rotated() =>
        Assert.Throws<InvalidOperationException>(() => KeyRing.Parse(KeyRing.CreateText()).Rotate());

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("1")]
    [InlineData("1 AAAA")]
    [InlineData("-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("x AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void A_file_that_is_no_key_file_is_refused(string text) => Assert.Throws<FormatException>(() => KeyRing.Parse(text));

    [Fact]
    public void Faults_of_the_file_do_not_show_the_key()
    {
        var fault = Assert.Throws<FormatException>(() => KeyRing.Parse("1 c2VjcmV0\n"));

        Assert.DoesNotContain("c2VjcmV0", fault.Message, StringComparison.Ordinal);
    }
}
