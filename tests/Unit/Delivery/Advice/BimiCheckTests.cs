using Relay.Dns;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class BimiCheckTests
{
    private const string Name = "default._bimi.example.org";
    private const string Good = "v=BIMI1; l=https://example.org/logo.svg; a=https://example.org/vmc.pem";

    private readonly AdviceWorld _world = new();

    [Theory]
    [InlineData(Good, "https://example.org/logo.svg, with evidence https://example.org/vmc.pem")]
    [InlineData("v=BIMI1;l=https://example.org/a/logo.SVGZ;", "https://example.org/a/logo.SVGZ; without evidence in a= (VMC or CMC) Gmail and Apple show none, some others do")]
    [InlineData("v=BIMI1; l=; a=;", $"TXT {Name} says that the domain wants no logo")]
    public async Task A_logo_that_may_be_shown_is_in_order(string text, string found)
    {
        Dmarc("v=DMARC1; p=quarantine; pct=100");
        _world.Zone.Txt(Name, text);

        var advice = await LookAsync();

        Assert.Equal((AdviceState.Ok, found, null), (advice.State, advice.Found, advice.Remedy));
    }

    [Theory]
    [InlineData("v=BIMI1", "no l=")]
    [InlineData("v=BIMI1; a=https://example.org/vmc.pem", "no l=")]
    [InlineData("v=BIMI1; l=; a=https://example.org/vmc.pem", "it has evidence (a=) for a logo it does not name")]
    [InlineData("v=BIMI1; l=http://example.org/logo.svg", "l=http://example.org/logo.svg is no https address of an .svg file")]
    [InlineData("v=BIMI1; l=https://example.org/logo.png", "is no https address of an .svg file")]
    [InlineData("v=BIMI1; l=https://example.org/logo.svg; a=self", "a=self is no https address")]
    [InlineData("v=BIMI2; l=https://example.org/logo.svg", "does not begin with v=BIMI1")]
    public async Task A_record_that_cannot_be_used_is_wrong(string text, string problem)
    {
        Dmarc("v=DMARC1; p=reject");
        _world.Zone.Txt(Name, text);

        var advice = await LookAsync();

        Assert.Equal(AdviceState.Wrong, advice.State);
        Assert.Contains(problem, advice.Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "example.org has no DMARC record")]
    [InlineData("v=DMARC1; p=none", "DMARC of example.org says p=none")]
    [InlineData("v=DMARC1; p=reject; sp=none", "DMARC of example.org says sp=none")]
    [InlineData("v=DMARC1; p=quarantine; pct=50", "DMARC of example.org is for 50 % of the mail (pct)")]
    [InlineData("v=DMARC1; p=reject; t=y", "DMARC of example.org is only tried (t=y)")]
    public async Task Without_enforced_dmarc_no_logo_is_shown(string? dmarc, string obstacle)
    {
        Dmarc(dmarc);
        var missing = await LookAsync();
        Assert.Equal((AdviceState.Missing, 0), (missing.State, missing.Records.Count));
        Assert.Contains("first have DMARC enforced: " + obstacle, missing.Remedy, StringComparison.Ordinal);

        _world.Zone.Txt(Name, Good);
        var wrong = await LookAsync();
        Assert.Equal((AdviceState.Wrong, $"a logo is named, but no receiver shows it: {obstacle}"), (wrong.State, wrong.Found));
    }

    [Fact]
    public async Task What_is_missing_is_shown_where_dmarc_is_enforced()
    {
        Dmarc("v=DMARC1; p=reject");

        Assert.Equal([new RecordToPublish("TXT", Name, "v=BIMI1; l=https://example.org/logo.svg; a=;")], (await LookAsync()).Records);
    }

    [Theory]
    [InlineData(Name)]
    [InlineData("_dmarc.example.org")]
    public async Task Trouble_of_dns_is_unknown(string name)
    {
        _world.Zone.Txt(Name, Good).Fails(name, DnsStatus.ServerFailure);

        Assert.Equal(AdviceState.Unknown, (await LookAsync()).State);
    }

    [Fact]
    public async Task The_organisations_logo_is_for_its_subdomains()
    {
        _world.Zone.Txt("_dmarc.example.org", "v=DMARC1; p=reject").Txt(Name, Good);

        var advice = Assert.Single(await _world.NewAdvisor().LookAsync(Mail.DomainName.Parse("news.example.org"), [], default), advice => advice.Check == "bimi");

        Assert.Equal(AdviceState.Ok, advice.State);
    }

    private void Dmarc(string? text)
    {
        if (text is not null)
        {
            _world.Zone.Txt("_dmarc.example.org", text);
        }
    }

    private Task<RecordAdvice> LookAsync() => _world.LookAsync("bimi");
}
