using System.Security.Cryptography;
using System.Text;
using Relay.Dkim;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DkimCanonicalizerTests
{
    // RFC 6376 §3.4.5, example 1.
    [Theory]
    [InlineData("A: X\r\n", "a:X\r\n")]
    [InlineData("B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n")]
    [InlineData("Subject:\r\n", "subject:\r\n")]
    [InlineData("Subject: \t \r\n", "subject:\r\n")]
    [InlineData("Subject:   one\r\n two\r\n\tthree", "subject:one two three\r\n")]
    [InlineData("X-Colon: a:b : c\r\n", "x-colon:a:b : c\r\n")]
    public void Relaxed_header_form(string field, string expected) => Assert.Equal(expected, Header(DkimCanonicalization.Relaxed, field));

    // RFC 6376 §3.4.5, example 2.
    [Theory]
    [InlineData("A: X\r\n", "A: X\r\n")]
    [InlineData("B : Y\t\r\n\tZ  \r\n", "B : Y\t\r\n\tZ  \r\n")]
    [InlineData("C: no line end", "C: no line end\r\n")]
    public void Simple_header_form(string field, string expected) => Assert.Equal(expected, Header(DkimCanonicalization.Simple, field));

    [Theory]
    [InlineData(" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n")]
    [InlineData("", "")]
    [InlineData("\r\n", "")]
    [InlineData("\r\n\r\n", "")]
    [InlineData(" \t\r\n", "")]
    [InlineData("text", "text\r\n")]
    [InlineData("text \t", "text\r\n")]
    [InlineData("a\r\n\r\n \r\nb", "a\r\n\r\n\r\nb\r\n")]
    [InlineData("a\tb", "a b\r\n")]
    [InlineData("a\r b\n\r\n", "a\r b\n\r\n")]
    [InlineData("a\r", "a\r\r\n")]
    [InlineData("a\r\r\nb", "a\r\r\nb\r\n")]
    [InlineData("a \r \r\n", "a \r\r\n")]
    public void Relaxed_body_form(string body, string expected) => AssertBody(DkimCanonicalization.Relaxed, body, expected);

    [Theory]
    [InlineData(" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n")]
    [InlineData("", "\r\n")]
    [InlineData("\r\n", "\r\n")]
    [InlineData("\r\n\r\n", "\r\n")]
    [InlineData(" ", " \r\n")]
    [InlineData("text", "text\r\n")]
    [InlineData("text\r\n \r\n", "text\r\n \r\n")]
    [InlineData("\r\na", "\r\na\r\n")]
    public void Simple_body_form(string body, string expected) => AssertBody(DkimCanonicalization.Simple, body, expected);

    [Theory]
    [InlineData(0, "")]
    [InlineData(3, "one")]
    [InlineData(9, "one\r\ntwo\r")]
    [InlineData(100, "one\r\ntwo\r\n")]
    public void Body_hash_ends_at_the_signed_length_and_the_rest_is_counted(int limit, string hashed)
    {
        using var canonicalizer = new BodyCanonicalizer(DkimCanonicalization.Relaxed, limit);
        canonicalizer.Append("one\r\ntwo\r\n\r\n"u8);

        Assert.Equal(Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(hashed))), Finish(canonicalizer));
        Assert.Equal(10, canonicalizer.Length);
    }

    [Fact]
    public void Pieces_larger_than_the_buffer_are_hashed_whole()
    {
        var body = new string('x', 100_000) + "\r\n" + new string('y', 20_000);

        AssertBody(DkimCanonicalization.Relaxed, body, body + "\r\n");
    }

    private static string Header(DkimCanonicalization form, string field)
    {
        var octets = Encoding.ASCII.GetBytes(field);
        var destination = new byte[HeaderCanonicalizer.MaxLength(octets.Length)];
        return Encoding.ASCII.GetString(destination, 0, HeaderCanonicalizer.Write(form, octets, destination));
    }

    private static void AssertBody(DkimCanonicalization form, string body, string expected)
    {
        using var canonicalizer = new BodyCanonicalizer(form);
        canonicalizer.Append(Encoding.ASCII.GetBytes(body));

        Assert.Equal(Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(expected))), Finish(canonicalizer));
        Assert.Equal(expected.Length, canonicalizer.Length);
    }

    private static string Finish(BodyCanonicalizer canonicalizer)
    {
        var hash = new byte[SHA256.HashSizeInBytes];
        canonicalizer.Finish(hash);
        return Convert.ToHexString(hash);
    }
}
