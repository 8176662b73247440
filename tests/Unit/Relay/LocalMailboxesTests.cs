using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class LocalMailboxesTests
{
    private readonly LocalMailboxes _local = new([DomainName.Parse("relay.example.com"), DomainName.Parse("example.org")], Mailbox.Parse("ops@example.net"));

    [Theory]
    [InlineData("postmaster@relay.example.com", true)]
    [InlineData("PostMaster@Relay.Example.COM", true)]
    [InlineData("abuse@relay.example.com", true)]
    [InlineData("root@relay.example.com", false)]
    [InlineData("postmaster@example.com", false)]
    public void Knows_its_own_roles(string address, bool isOurs) =>
        Assert.Equal(isOurs ? Mailbox.Parse("ops@example.net") : null, _local.ForwardFor(Mailbox.Parse(address)));

    [Fact]
    public void Has_no_mailboxes_without_a_postmaster() =>
        Assert.Null(new LocalMailboxes([DomainName.Parse("relay.example.com")], null).ForwardFor(Mailbox.Parse("postmaster@relay.example.com")));

    [Fact]
    public void Forwards_roles_once_and_leaves_the_others()
    {
        var forwarded = _local.Forward(EnvelopeTo("postmaster@relay.example.com", "bob@example.org", "abuse@relay.example.com"));

        Assert.Equal(["ops@example.net", "bob@example.org"], forwarded.Recipients.Select(r => r.Mailbox.ToString()));
        Assert.Equal("rfc822;postmaster@relay.example.com", forwarded.Recipients[0].OriginalRecipient);
    }

    [Fact]
    public void Leaves_other_mail_as_it_is()
    {
        var envelope = EnvelopeTo("bob@example.org");

        Assert.Same(envelope, _local.Forward(envelope));
    }

    private static Envelope EnvelopeTo(params IEnumerable<string> addresses) => new()
    {
        ReversePath = ReversePath.Null,
        Recipients = [.. addresses.Select(address => new EnvelopeRecipient(Mailbox.Parse(address)))],
    };
}
