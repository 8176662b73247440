using Relay.Dns;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DmarcTreeWalkTests
{
    [Fact]
    public async Task The_domain_s_own_record_holds()
    {
        var found = await FindAsync(new ZoneTable().Txt("_dmarc.news.example.com", "v=DMARC1; p=reject").Txt("_dmarc.example.com", "v=DMARC1; p=none"), "news.example.com");
        Assert.Equal(DmarcPolicy.Reject, found.Policy);
        Assert.Equal("example.com", found.Organisation.Ascii);
    }

    [Fact]
    public async Task Names_below_have_the_organisation_s_policy_for_them()
    {
        var found = await FindAsync(new ZoneTable().Txt("_dmarc.example.com", "v=DMARC1; p=reject; sp=quarantine"), "a.b.example.com");
        Assert.Equal(DmarcPolicy.Quarantine, found.Policy);
        Assert.Equal("example.com", found.Name);
    }

    [Fact]
    public async Task A_registry_is_not_the_organisation()
    {
        var found = await FindAsync(new ZoneTable().Txt("_dmarc.bank.example", "v=DMARC1; p=reject; psd=y"), "mail.one.bank.example");
        Assert.Equal("one.bank.example", found.Organisation.Ascii);
        Assert.Equal("bank.example", found.Name);
    }

    [Fact]
    public async Task Who_says_to_be_no_registry_is_the_organisation()
    {
        var zone = new ZoneTable().Txt("_dmarc.b.example.com", "v=DMARC1; p=none; psd=n").Txt("_dmarc.example.com", "v=DMARC1; p=reject");
        var found = await FindAsync(zone, "a.b.example.com");
        Assert.Equal("b.example.com", found.Organisation.Ascii);
        Assert.Equal(DmarcPolicy.None, found.Policy);
    }

    [Fact]
    public async Task Long_names_cost_eight_lookups()
    {
        var zone = new ZoneTable().Txt("_dmarc.example.com", "v=DMARC1; p=none");
        await FindAsync(zone, "a.b.c.d.e.f.g.h.i.j.mail.example.com");
        Assert.Equal(8, zone.Lookups.Count);
        Assert.Equal("TXT _dmarc.g.h.i.j.mail.example.com", zone.Lookups[1]);
        Assert.Equal("TXT _dmarc.com", zone.Lookups[7]);
    }

    [Fact]
    public async Task Two_records_at_one_name_are_none()
    {
        var zone = new ZoneTable().Txt("_dmarc.example.com", "v=DMARC1; p=none").Txt("_dmarc.example.com", "v=DMARC1; p=reject");
        Assert.Null((await FindAsync(zone, "example.com")).Record);
    }

    [Fact]
    public async Task Trouble_is_told_apart_from_absence()
    {
        var found = await FindAsync(new ZoneTable().Fails("_dmarc.example.com", DnsStatus.Timeout), "example.com");
        Assert.NotNull(found.Trouble);
        Assert.Null((await FindAsync(new ZoneTable(), "example.com")).Trouble);
    }

    [Fact]
    public async Task Two_names_of_one_organisation_are_aligned_unless_strictly()
    {
        var zone = new ZoneTable().Txt("_dmarc.example.com", "v=DMARC1; p=none");
        var (from, signed, foreign) = (await FindAsync(zone, "news.example.com"), await FindAsync(zone, "bounce.example.com"), await FindAsync(zone, "example.net"));
        Assert.True(from.IsAligned(signed, isStrict: false));
        Assert.False(from.IsAligned(signed, isStrict: true));
        Assert.False(from.IsAligned(foreign, isStrict: false));
    }

    [Theory]
    [InlineData("v=DMARC1;p=reject", true)]
    [InlineData("v = DMARC1 ; p = none", true)]
    [InlineData("v=DMARC1", true)]
    [InlineData("v=DMARC1; p=nonsense", false)]
    [InlineData("v=DMARC1; p=nonsense; rua=mailto:a@example.com", true)]
    [InlineData("v=DMARC2; p=none", false)]
    [InlineData("p=none; v=DMARC1", false)]
    [InlineData("", false)]
    public void Reads_what_is_a_record(string text, bool isRecord) => Assert.Equal(isRecord, DmarcRecord.TryParse(text, out _));

    private static ValueTask<DmarcFinding> FindAsync(ZoneTable zone, string domain) =>
        new DmarcTreeWalk(zone).FindAsync(DomainName.Parse(domain), CancellationToken.None);
}
