using Relay.Smtp;
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

    [Theory]
    [InlineData("QQ314159", "QQ314159")]
    [InlineData("a+2Bb+3Dc+20d", "a+b=c d")]
    public void Decodes_an_envelope_id(string encoded, string plain)
    {
        Assert.True(Xtext.TryDecode(encoded, out var decoded));
        Assert.Equal(plain, decoded);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a=b")]
    [InlineData("a b")]
    [InlineData("a+2b")]
    [InlineData("a+2")]
    [InlineData("+0D+0ASubject:+20x")]
    [InlineData("+C3+BC")]
    [InlineData("ü")]
    public void Refuses_what_is_no_printable_xtext(string encoded) => Assert.False(Xtext.TryDecode(encoded, out _));

    [Theory]
    [InlineData("RFC822;a+2Bb@example.com", "rfc822;a+b@example.com")]
    [InlineData("utf-8;j\\x{F6}rg@example.com", "utf-8;jörg@example.com")]
    [InlineData("utf-8;jörg@example.com", "utf-8;jörg@example.com")]
    public void Decodes_an_original_recipient(string encoded, string plain)
    {
        Assert.True(Xtext.TryDecodeOriginalRecipient(encoded, out var decoded));
        Assert.Equal(plain, decoded);
    }

    [Theory]
    [InlineData("a@example.com")]
    [InlineData(";a@example.com")]
    [InlineData("rfc822;")]
    [InlineData("rfc 822;a@example.com")]
    [InlineData("rfc822;jörg@example.com")]
    [InlineData("utf-8;a\\x{0D}b")]
    [InlineData("utf-8;a\\x{D800}b")]
    [InlineData("utf-8;a\\y{41}b")]
    [InlineData("utf-8;a\\x{41")]
    public void Refuses_what_is_no_original_recipient(string encoded) => Assert.False(Xtext.TryDecodeOriginalRecipient(encoded, out _));
}
