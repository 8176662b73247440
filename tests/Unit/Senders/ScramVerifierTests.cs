using System.Security.Cryptography;
using System.Text;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ScramVerifierTests
{
    [Fact]
    public void The_right_password_verifies_and_others_do_not()
    {
        var verifier = ScramVerifier.Create("pencil");

        Assert.True(verifier.Verify("pencil"));
        Assert.False(verifier.Verify("Pencil"));
        Assert.False(verifier.Verify("pencil "));
        Assert.False(verifier.Verify(string.Empty));
        Assert.False(verifier.Verify(new string('x', 5000)));
    }

    [Fact]
    public void The_text_form_comes_back()
    {
        var verifier = ScramVerifier.Create("pencil");

        var parsed = ScramVerifier.Parse(verifier.ToString());

        Assert.Equal(verifier, parsed);
        Assert.True(parsed.Verify("pencil"));
        Assert.StartsWith("SCRAM-SHA-256$20000:", verifier.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_verifiers_of_one_password_differ_by_their_salt() =>
        Assert.NotEqual(ScramVerifier.Create("pencil"), ScramVerifier.Create("pencil"));

    // The exchange of RFC 7677 §3: with our keys the proof of its client and the signature of its server come out.
    [Fact]
    public void Keys_are_those_of_the_example_of_RFC_7677()
    {
        var text = ScramVerifier.FromPassword("pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096).ToString();
        var keys = text.Split('$')[2].Split(':').Select(Convert.FromBase64String).ToArray();
        var message = Encoding.ASCII.GetBytes(
            "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
            + "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");

        var proof = Convert.FromBase64String("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        var clientSignature = HMACSHA256.HashData(keys[0], message);
        var clientKey = proof.Zip(clientSignature, (a, b) => (byte)(a ^ b)).ToArray();

        Assert.Equal(keys[0], SHA256.HashData(clientKey));
        Assert.Equal("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", Convert.ToBase64String(HMACSHA256.HashData(keys[1], message)));
    }

    [Theory]
    [InlineData("I\u00adX", "IX")]
    [InlineData("\u00aa", "a")]
    [InlineData("\u2168", "IX")]
    [InlineData("a\u00a0b", "a b")]
    [InlineData("u\u0308", "\u00fc")]
    public void Passwords_typed_otherwise_but_equal_by_RFC_4013_verify(string typed, string stored) =>
        Assert.True(ScramVerifier.Create(stored).Verify(typed));

    [Theory]
    [InlineData("")]
    [InlineData("a\u0007")]
    [InlineData("\u00e9\u0007")]
    [InlineData("\u00ad")]
    [InlineData("a\ue000")]
    [InlineData("a\u200e")]
    [InlineData("a\u0378")]
    [InlineData("a\ufffd")]
    public void Passwords_that_cannot_be_prepared_are_refused(string password)
    {
        Assert.Throws<ArgumentException>(() => ScramVerifier.Create(password));
        Assert.False(ScramVerifier.Create("other").Verify(password));
    }

    [Fact]
    public void A_lone_surrogate_is_refused() => Assert.Throws<ArgumentException>(() => ScramVerifier.Create("a\ud800"));

    [Theory]
    [InlineData("")]
    [InlineData("SCRAM-SHA-1$4096:AAAA$AAAA:AAAA")]
    [InlineData("SCRAM-SHA-256$4096:AAAA$AAAA:AAAA")]
    [InlineData("SCRAM-SHA-256$1:AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("SCRAM-SHA-256:4096$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("SCRAM-SHA-256$4096:$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void Text_that_is_no_verifier_is_refused(string text) => Assert.Throws<FormatException>(() => ScramVerifier.Parse(text));
}
