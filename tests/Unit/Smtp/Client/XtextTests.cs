using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class XtextTests
{
    [Theory]
    [InlineData("QQ314159", "QQ314159")]
    [InlineData("a+b=c d", "a+2Bb+3Dc+20d")]
    [InlineData("\r\nü", "+0D+0A+C3+BC")]
    public void Encodes_an_envelope_id(string plain, string encoded) => Assert.Equal(encoded, Xtext.Encode(plain));

    [Theory]
    [InlineData("rfc822;a+b@example.com", "rfc822;a+2Bb@example.com")]
    [InlineData("a@example.com", "rfc822;a@example.com")]
    [InlineData("rfc822;jörg@example.com", "utf-8;j\\x{F6}rg@example.com")]
    [InlineData("utf-8;a+b\\c@example.com", "utf-8;a\\x{2B}b\\x{5C}c@example.com")]
    [InlineData("utf-8;😀@example.com", "utf-8;\\x{1F600}@example.com")]
    [InlineData("rfc822;a\r\nDATA", "rfc822;a+0D+0ADATA")]
    public void Encodes_an_original_recipient(string plain, string encoded) =>
        Assert.Equal(encoded, Xtext.EncodeOriginalRecipient(plain));
}
