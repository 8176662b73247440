using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class CertificateNameTests
{
    private const string Hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    [Theory]
    [InlineData(Hex, "sha256:" + Hex)]
    [InlineData("sha256:" + Hex, "sha256:" + Hex)]
    [InlineData("00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF", "sha256:" + Hex)]
    [InlineData("CN=printer-7, O=Example", "subject:CN=printer-7, O=Example")]
    [InlineData("cn=printer-7,o=Example", "subject:CN=printer-7, O=Example")]
    [InlineData("subject:CN=printer-7,O=Example", "subject:CN=printer-7, O=Example")]
    public void Writes_what_people_type_in_one_form(string text, string expected)
    {
        Assert.True(CertificateName.TryNormalize(text, out var name));
        Assert.Equal(expected, name);
        Assert.True(CertificateName.TryNormalize(name, out var again));
        Assert.Equal(name, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("printer-7")]
    [InlineData("00112233445566778899aabbccddeeff00112233")]
    [InlineData("0g112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    [InlineData("nothing=known")]
    [InlineData("sha256:")]
    public void Refuses_what_is_neither(string text) => Assert.False(CertificateName.TryNormalize(text, out _));
}
