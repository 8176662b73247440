using System.Net;
using Relay.Mail;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SenderPolicyTests
{
    [Theory]
    [InlineData("", "anyone@example.org", true)]
    [InlineData("", "", true)]
    [InlineData("example.com", "joe@EXAMPLE.com", true)]
    [InlineData("example.com", "joe@sub.example.com", false)]
    [InlineData("example.com", "joe@example.org", false)]
    [InlineData("example.com", "", false)]
    [InlineData("joe@example.com", "Joe@example.com", true)]
    [InlineData("joe@example.com", "jim@example.com", false)]
    [InlineData("joe@example.com", "joe@example.org", false)]
    [InlineData("example.org,joe@example.com", "joe@example.com", true)]
    [InlineData("bücher.example", "joe@xn--bcher-kva.example", true)]
    [InlineData("example.com", "joe@[192.0.2.1]", false)]
    public void Allowed_senders(string list, string sender, bool allowed)
    {
        var credential = Credential(senders: list);
        var reversePath = sender.Length == 0 ? ReversePath.Null : new ReversePath(Mailbox.Parse(sender));

        Assert.Equal(allowed, SenderPolicy.AllowsSender(credential, reversePath));
    }

    [Theory]
    [InlineData("", "192.0.2.1", true)]
    [InlineData("192.0.2.0/24", "192.0.2.1", true)]
    [InlineData("192.0.2.0/24", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.0/24", "192.0.3.1", false)]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8::/32,192.0.2.1", "2001:db8:1::1", true)]
    [InlineData("nonsense", "192.0.2.1", false)]
    public void Allowed_networks(string list, string client, bool allowed) =>
        Assert.Equal(allowed, SenderPolicy.AllowsNetwork(Credential(networks: list), IPAddress.Parse(client)));

    private static Credential Credential(string senders = "", string networks = "") => new()
    {
        Kind = CredentialKind.SmtpLogin,
        Name = "joe",
        Verifier = string.Empty,
        Scopes = "smtp",
        CreatedAt = DateTimeOffset.UnixEpoch,
        AllowedSenders = senders.Split(',', StringSplitOptions.RemoveEmptyEntries),
        AllowedNetworks = networks.Split(',', StringSplitOptions.RemoveEmptyEntries),
    };
}
