using Relay.Dns;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DomainProverTests
{
    private const string Rsa = "r1._domainkey.mail.example.com";

    private readonly ZoneTable _zone = new();

    [Theory]
    [InlineData("v=DKIM1; k=rsa; p=cnNh", Finding.Found)]
    [InlineData("v=DKIM1;k=rsa;p=cn Nh", Finding.Found)]
    [InlineData("v=DKIM1; p=cnNh; s=email; h=sha256", Finding.Found)]
    [InlineData("k=rsa; p=cnNh; t=y", Finding.Found)]
    [InlineData("v=DKIM1; k=rsa; p=", Finding.Other)]
    [InlineData("v=DKIM1; k=ed25519; p=cnNh", Finding.Other)]
    [InlineData("v=DKIM1; k=rsa; h=sha1; p=cnNh", Finding.Other)]
    [InlineData("v=DKIM1; k=rsa; p=b3RoZXI=", Finding.Other)]
    [InlineData("hello", Finding.Other)]
    public async Task A_key_is_compared_as_key_not_as_text(string published, Finding finding)
    {
        _zone.Txt(Rsa, published);

        Assert.Equal(finding, (await LookAsync()).Rsa.Finding);
    }

    [Fact]
    public async Task What_is_not_there_is_absent_and_named()
    {
        var found = await LookAsync();

        Assert.Equal(new RecordFinding(Finding.Absent, $"TXT {Rsa}: there is no such record"), found.Rsa);
        Assert.Equal(Finding.Absent, found.Ownership.Finding);
        Assert.Null(found.Tracking);
    }

    [Fact]
    public async Task One_of_several_values_is_enough_for_the_owner()
    {
        _zone.Txt("_relay-challenge.mail.example.com", "relay-verification=theirs").Txt("_relay-challenge.mail.example.com", "relay-verification=token ");

        Assert.Equal(Finding.Found, (await LookAsync()).Ownership.Finding);
    }

    [Fact]
    public async Task Another_value_is_shown_short_and_without_control_characters()
    {
        _zone.Txt("_relay-challenge.mail.example.com", "a\r\n" + new string('x', 200));

        var found = (await LookAsync()).Ownership;

        Assert.Equal(Finding.Other, found.Finding);
        Assert.Contains("another value is published: a??xxx", found.Detail, StringComparison.Ordinal);
        Assert.EndsWith("x…", found.Detail, StringComparison.Ordinal);
        Assert.True(found.Detail.Length < 200);
    }

    [Theory]
    [InlineData(DnsStatus.ServerFailure, "the name servers answer with a failure")]
    [InlineData(DnsStatus.Timeout, "the name servers do not answer")]
    public async Task Trouble_of_dns_is_no_verdict_and_tells_nothing_of_this_network(DnsStatus status, string text)
    {
        _zone.Fails(Rsa, status, "SERVFAIL from 10.1.2.3:53");

        Assert.Equal(new RecordFinding(Finding.Unknown, $"TXT {Rsa}: {text}"), (await LookAsync()).Rsa);
    }

    [Theory]
    [InlineData("v=spf1 a:relay.example.com ~all", Finding.Found)]
    [InlineData("v=spf1 include:example.net +A:RELAY.example.com -all", Finding.Found)]
    [InlineData("v=spf1 a:other.example.com ~all", Finding.Other)]
    [InlineData("v=spf10 a:relay.example.com", Finding.Absent)]
    [InlineData("google-site-verification=1", Finding.Absent)]
    public async Task An_spf_record_names_this_server(string text, Finding finding)
    {
        _zone.Txt("bounce.mail.example.com", text);

        Assert.Equal(finding, (await LookAsync()).Spf.Finding);
    }

    [Fact]
    public async Task The_return_path_leads_here()
    {
        _zone.Mx("bounce.mail.example.com", 5, "other.example.net");
        Assert.Equal(Finding.Other, (await LookAsync()).ReturnPath.Finding);

        _zone.Mx("bounce.mail.example.com", 10, "Relay.example.com");
        Assert.Equal(Finding.Found, (await LookAsync()).ReturnPath.Finding);
    }

    [Theory]
    [InlineData("_dmarc.mail.example.com", "v=DMARC1; p=reject", Finding.Found)]
    [InlineData("_dmarc.example.com", "v = DMARC1 ; p=none", Finding.Found)]
    [InlineData("_dmarc.com", "v=DMARC1; p=none", Finding.Found)]
    [InlineData("_dmarc.mail.example.com", "v=DMARC2", Finding.Absent)]
    public async Task A_policy_of_the_domain_or_a_parent_counts(string name, string text, Finding finding)
    {
        _zone.Txt(name, text);

        Assert.Equal(finding, (await LookAsync()).Dmarc.Finding);
    }

    [Theory]
    [InlineData("track.example.net", Finding.Found)]
    [InlineData("elsewhere.example.net", Finding.Other)]
    [InlineData(null, Finding.Absent)]
    public async Task Links_lead_to_the_public_host_by_their_own_alias(string? target, Finding finding)
    {
        if (target is not null)
        {
            _zone.Alias("links.mail.example.com", target);
        }

        Assert.Equal(finding, (await LookAsync("https://track.example.net:8443/base")).Tracking!.Finding);
    }

    private Task<DomainFindings> LookAsync(string? publicUrl = null)
    {
        var options = DomainWorld.Options with { PublicUrl = publicUrl is null ? null : new Uri(publicUrl) };
        return new DomainProver(_zone, options).LookAsync(Entry(), CancellationToken.None);
    }

    private static DomainEntry Entry() => new()
    {
        Domain = new SendingDomain
        {
            Id = 1,
            Uid = Guid.NewGuid(),
            AccountId = 1,
            Name = DomainName.Parse("mail.example.com"),
            Region = "eu",
            Status = DomainStatus.NotStarted,
            CreatedAt = default,
            UpdatedAt = default,
        },
        Token = "token",
        RsaKey = new DomainKey("r1", "v=DKIM1; k=rsa; p=cnNh"),
        Ed25519Key = new DomainKey("e1", "v=DKIM1; k=ed25519; p=ZWQ="),
    };
}
