using Relay.Mail;
using Relay.Platform.Privacy;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ErasureTests
{
    private readonly AddressHasher _hasher = new(KeyRing.Parse(KeyRing.CreateText()));

    [Theory]
    [InlineData("J. Doe <Jane+x@Example.com>")]
    [InlineData("550 5.1.1 <jane+x@example.com>: unknown")]
    [InlineData("\"to\":[\"jane\\u002Bx@example.com\"]")]
    [InlineData("\\u003Cjane+x@example.com\\u003E")]
    [InlineData("https://example.net/?who=jane%2Bx%40example.com&a=b")]
    [InlineData("bounce+jane+x=example.com@example.net")]
    [InlineData("mailto:jane+x@example.com.")]
    [InlineData("RCPT TO:<jane+x@example.com>\r\n")]
    public void Finds_the_address_in_every_form_and_leaves_none(string text)
    {
        var erasure = new Erasure(Mailbox.Parse("jane+x@example.com"), null, _hasher);
        var replaced = erasure.Replace(text);
        Assert.DoesNotContain("jane", replaced, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(erasure.Pseudonym, replaced, StringComparison.Ordinal);
        Assert.False(erasure.IsIn(replaced));
    }

    [Theory]
    [InlineData("mary-jane@example.com")]
    [InlineData("jane@example.com.au")]
    [InlineData("jane@example.community")]
    [InlineData("éjane@example.com")]
    [InlineData("jane@sub.example.com")]
    public void Leaves_other_addresses_alone(string text)
    {
        var erasure = new Erasure(Mailbox.Parse("jane@example.com"), null, _hasher);
        Assert.False(erasure.IsIn(text));
        Assert.Equal(text, erasure.Replace(text));
    }

    [Fact]
    public void Finds_both_forms_of_an_international_domain()
    {
        var erasure = new Erasure(Mailbox.Parse("jane@bücher.example"), null, _hasher);
        Assert.True(erasure.IsIn("jane@xn--bcher-kva.example"));
        Assert.True(erasure.IsIn("jane@BÜCHER.example"));
    }

    [Fact]
    public void The_replacement_is_the_same_for_the_same_address_and_another_for_another()
    {
        var one = new Erasure(Mailbox.Parse("Jane@example.com"), 1, _hasher);
        Assert.Matches("^erased-[0-9a-f]{8}@erased\\.invalid$", one.Pseudonym);
        Assert.Equal(one.Pseudonym, new Erasure(Mailbox.Parse("jane@EXAMPLE.com"), null, _hasher).Pseudonym);
        Assert.NotEqual(one.Pseudonym, new Erasure(Mailbox.Parse("joan@example.com"), 1, _hasher).Pseudonym);
        Assert.NotEqual(one.Pseudonym, new Erasure(Mailbox.Parse("jane@example.com"), 1, new AddressHasher(KeyRing.Parse(KeyRing.CreateText()))).Pseudonym);
    }
}
