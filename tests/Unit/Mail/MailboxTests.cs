using System.Text.Json;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class MailboxTests
{
    // Its diagnosis (IPV6DEPRECATED) was moved to the refused category in the set's own metadata; RFC 5321 §4.1.3 refuses it, too.
    private const string SupersededCategory = "first.last@[IPv6:a1:a2:a3:a4:b1::11.22.33.44]";

    public static TheoryData<string, bool> IsEmailCases()
    {
        var cases = new TheoryData<string, bool>();
        using var file = JsonDocument.Parse(File.ReadAllText(TestData.Path("addresses-isemail", "tests.json")));
        foreach (var test in file.RootElement.EnumerateArray())
        {
            var address = test.GetProperty("address").GetString()!;
            var category = test.GetProperty("category").GetString();
            cases.Add(address, category is "ISEMAIL_VALID_CATEGORY" or "ISEMAIL_RFC5321" or "ISEMAIL_DNSWARN" && address != SupersededCategory);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(IsEmailCases))]
    public void Agrees_with_the_isemail_set(string address, bool isValidInAnEnvelope)
    {
        Assert.Equal(isValidInAnEnvelope, Mailbox.TryParse(address, out _));
    }

    [Theory]
    [InlineData("user@example.com", "user", "example.com")]
    [InlineData("User+tag@EXAMPLE.com", "User+tag", "example.com")]
    [InlineData("\"john doe\"@example.com", "john doe", "example.com")]
    [InlineData("\"j\\\"d\"@example.com", "j\"d", "example.com")]
    [InlineData("\"plain\"@example.com", "plain", "example.com")]
    [InlineData("δοκιμή@παράδειγμα.δοκιμή", "δοκιμή", "xn--hxajbheg2az3al.xn--jxalpdlp")]
    [InlineData("user@[192.0.2.1]", "user", "[192.0.2.1]")]
    [InlineData("user@[IPv6:2001:DB8:0:0:0:0:0:1]", "user", "[IPv6:2001:db8::1]")]
    public void Splits_local_part_and_domain(string text, string localPart, string domain)
    {
        var mailbox = Mailbox.Parse(text);

        Assert.Equal(localPart, mailbox.LocalPart);
        Assert.Equal(domain, mailbox.DomainText);
    }

    [Theory]
    [InlineData("user@[010.1.1.1]", "[10.1.1.1]")]
    [InlineData("user@[IPv6:::ffff:192.0.2.1]", "[IPv6:::ffff:192.0.2.1]")]
    public void Reads_address_literals_in_decimal(string text, string literal)
    {
        Assert.Equal(literal, Mailbox.Parse(text).DomainText);
    }

    [Theory]
    [InlineData("user@[1.2.3]")]
    [InlineData("user@[0x7f.0.0.1]")]
    [InlineData("user@[IPv6:fe80::1%eth0]")]
    [InlineData("user@[IPv6:]")]
    [InlineData("user@[IPv6:1::2:3:4:5:6:7:8]")]
    [InlineData("user@[IPv6:12345::]")]
    [InlineData("user@[IPv6: ::1]")]
    [InlineData("user@[tag:content]")]
    [InlineData("user@example..com")]
    [InlineData("user@exa_mple.com")]
    [InlineData("us\u0085er@example.com")]
    [InlineData("us\u00a0er@example.com")]
    [InlineData("<user@example.com>")]
    public void Refuses_what_cannot_be_in_an_envelope(string text)
    {
        Assert.False(Mailbox.TryParse(text, out _));
    }

    [Fact]
    public void Refuses_half_a_surrogate_pair()
    {
        Assert.False(Mailbox.TryParse("us\ud800er@example.com", out _));
        Assert.False(Mailbox.TryParse("\"us\udc00er\"@example.com", out _));
    }

    [Fact]
    public void Local_part_limit_counts_octets_of_utf8()
    {
        Assert.True(Mailbox.TryParse(new string('é', 32) + "@example.com", out var mailbox));
        Assert.True(mailbox.NeedsSmtpUtf8);
        Assert.False(Mailbox.TryParse(new string('é', 33) + "@example.com", out _));
    }

    [Fact]
    public void Mailbox_limit_is_254_octets()
    {
        var domain = string.Join('.', Enumerable.Repeat(new string('d', 61), 4));
        Assert.True(Mailbox.TryParse(new string('l', 254 - 1 - domain.Length) + "@" + domain, out _));
        Assert.False(Mailbox.TryParse(new string('l', 254 - domain.Length) + "@" + domain, out _));
    }

    [Theory]
    [InlineData("jörg@münchen.example", "jörg@münchen.example")]
    [InlineData("ada@XN--MNCHEN-3YA.example", "ada@münchen.example")]
    [InlineData("\"a b\"@example.com", "\"a b\"@example.com")]
    [InlineData("user@[192.0.2.1]", "user@[192.0.2.1]")]
    public void People_read_the_domain_in_u_labels(string text, string expected) =>
        Assert.Equal(expected, Mailbox.Parse(text).ToDisplayString());

    [Fact]
    public void Created_mailboxes_obey_the_same_rules()
    {
        Assert.True(Mailbox.TryCreate("a b", "example.com", out var mailbox));
        Assert.Equal("\"a b\"@example.com", mailbox.ToString());
        Assert.False(Mailbox.TryCreate("a\r\nRCPT TO:<x@example.net>", "example.com", out _));
        Assert.False(Mailbox.TryCreate(new string('"', 40), "example.com", out _));
    }

    [Fact]
    public void Equality_ignores_case_of_the_domain_only()
    {
        Assert.Equal(Mailbox.Parse("user@Example.COM"), Mailbox.Parse("user@example.com"));
        Assert.NotEqual(Mailbox.Parse("User@example.com"), Mailbox.Parse("user@example.com"));
    }
}
