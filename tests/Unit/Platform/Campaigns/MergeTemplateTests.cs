using Relay.Platform.Campaigns;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class MergeTemplateTests
{
    [Theory]
    [InlineData("Hi {{firstName}}!", "Hi Ann &amp; Bo!")]
    [InlineData("Hi {{ FIRSTNAME , fallback = \"x\" }}!", "Hi Ann &amp; Bo!")]
    [InlineData("Hi {{lastName,fallback=you}}!", "Hi you!")]
    [InlineData("Hi {{lastName,fallback='you, there'}}!", "Hi you, there!")]
    [InlineData("Hi {{lastName, fallback=&quot;a &amp; b&quot;}}!", "Hi a &amp; b!")]
    [InlineData("Hi {{lastName}}!", "Hi !")]
    [InlineData("{{email}} {{City}} {{sale}}", "ann@example.net Bonn 20%")]
    [InlineData("{{{firstName}}}", "{Ann &amp; Bo}")]
    [InlineData("{{usesend_unsubscribe_url}}|{{unsubscribeUrl}}", "https://u.test/?a=1&amp;b=2|https://u.test/?a=1&amp;b=2")]
    [InlineData("a {{ b", "a {{ b")]
    [InlineData("{{#if x}}{{ }}{{a b}}{{x,other=1}}", "{{#if x}}{{ }}{{a b}}{{x,other=1}}")]
    [InlineData("", "")]
    public void Fills_fields_in_and_leaves_the_rest(string template, string expected)
    {
        var audience = new MemoryAudience();
        audience.Book = audience.Book with { Properties = new Dictionary<string, string> { ["sale"] = "20%" } };
        var member = audience.Add("ann@example.net", firstName: "Ann & Bo", properties: ("city", "Bonn"));

        Assert.Equal(expected, MergeTemplate.Parse(template).Render(new MergeValues(member, audience.Book, "https://u.test/?a=1&b=2"), isHtml: true));
    }

    [Fact]
    public void Plain_text_is_not_escaped()
    {
        var audience = new MemoryAudience();

        Assert.Equal("A & B", MergeTemplate.Parse("{{firstName}}").Render(new MergeValues(audience.Add("a@example.net", firstName: "A & B"), audience.Book, "-"), isHtml: false));
    }
}
