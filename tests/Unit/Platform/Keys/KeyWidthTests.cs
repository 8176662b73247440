using Relay.Platform.Keys;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class KeyWidthTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("send", "send", true)]
    [InlineData("send read", "read", true)]
    [InlineData("send", "read", false)]
    [InlineData("send", "full", false)]
    [InlineData("full", "send read", true)]
    public void Scopes_stay_within(string maker, string made, bool isWithin) =>
        Assert.Equal(isWithin, KeyWidth.Beyond(Key(maker), made, [], [], null) is null);

    [Theory]
    [InlineData("192.0.2.0/24", "192.0.2.0/25", true)]
    [InlineData("192.0.2.0/24", "192.0.2.7", true)]
    [InlineData("192.0.2.0/24", "192.0.2.0/23", false)]
    [InlineData("192.0.2.0/24", "198.51.100.0/24", false)]
    [InlineData("192.0.2.0/24", "2001:db8::/64", false)]
    [InlineData("2001:db8::/32", "2001:db8:1::/48", true)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    public void Networks_stay_within(string maker, string made, bool isWithin) =>
        Assert.Equal(isWithin, KeyWidth.Beyond(Key("full") with { AllowedNetworks = [maker] }, "full", [], [made], null) is null);

    [Fact]
    public void What_is_restricted_does_not_become_free()
    {
        var maker = Key("full") with { AllowedNetworks = ["192.0.2.0/24"], AllowedSenders = ["example.com"], ExpiresAt = Now };

        Assert.Equal("domains", KeyWidth.Beyond(maker, "full", [], ["192.0.2.1"], Now)?.Field);
        Assert.Equal("networks", KeyWidth.Beyond(maker, "full", ["example.com"], [], Now)?.Field);
        Assert.Equal("expiresAt", KeyWidth.Beyond(maker, "full", ["example.com"], ["192.0.2.1"], null)?.Field);
        Assert.Equal("expiresAt", KeyWidth.Beyond(maker, "full", ["example.com"], ["192.0.2.1"], Now.AddDays(1))?.Field);
        Assert.Null(KeyWidth.Beyond(maker, "full", ["example.com"], ["192.0.2.1"], Now));
    }

    private static Credential Key(string scopes) => new() { Kind = CredentialKind.ApiKey, Name = "key", Verifier = "", Scopes = scopes, CreatedAt = Now };
}
