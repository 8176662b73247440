using Relay.Delivery;
using Relay.Mail;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class PresetsTests
{
    private const string Named = "[delivery]\npresets = \"mine.toml\"";

    private static readonly ShapingOptions Shipped = new ConfigurationFixture().Options(null).Shaping;

    [Theory]
    [InlineData("google", "gmail-smtp-in.l.google.com")]
    [InlineData("outlook", "hotmail-com.olc.protection.outlook.com")]
    [InlineData("microsoft365", "example-com.mail.protection.outlook.com")]
    [InlineData("yahoo", "mx-aol.mail.gm0.yahoodns.net")]
    [InlineData("apple", "mx01.mail.icloud.com")]
    [InlineData("comcast", "mx1.comcast.net")]
    [InlineData("united-internet", "mx-ha.web.de")]
    [InlineData("orange", "smtp-in.orange.fr")]
    [InlineData("vk", "mxs.mail.ru")]
    [InlineData("yandex", "mx.yandex.net")]
    [InlineData("zoho", "mx.zoho.eu")]
    [InlineData("proofpoint", "mx1-us1.ppe-hosted.com")]
    [InlineData("mimecast", "eu-smtp-inbound-1.mimecast.com")]
    [InlineData("barracuda", "d1.ess.barracudanetworks.com")]
    public void The_shipped_ones_know_the_large_receivers(string name, string host) => Assert.Equal(name, new ProviderTable(Shipped.Providers).OfHost(host)?.Name);

    [Theory]
    [InlineData("google", 421, "4.7.28", "Our system has detected an unusual rate of mail", "google/unusual-rate")]
    [InlineData("google", 450, "4.2.1", "The user you are trying to contact is receiving mail too quickly", "google/mailbox-too-fast")]
    [InlineData("outlook", 421, "4.7.0", "RP-003 exceeded the connection limit allowed", "outlook/connection-limit")]
    [InlineData("microsoft365", 451, "4.7.500", "Server busy. Please try again later", "microsoft365/server-busy")]
    [InlineData("yahoo", 421, "4.7.0", "[TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints", "yahoo/volume-or-complaints")]
    [InlineData("apple", 421, "4.7.1", "Messages to a@icloud.com deferred due to excessive volume", "apple/excessive-volume")]
    [InlineData("orange", 421, "4.0.0", "mwinf5c OFR004_104 Trop de connexions, veuillez verifier votre configuration", "orange/too-many-connections")]
    [InlineData("united-internet", 421, "4.0.0", "Too many messages have been received in a short period of time. Please try again in a few hours", "united-internet/too-many-messages")]
    [InlineData("netease", 421, "4.0.0", "HL:ICC 163 mx1, too many connections at once", "netease/connections")]
    [InlineData("netease", 450, "4.0.0", "MI:DMC 163 mx1", "netease/frequency")]
    [InlineData("tencent", 550, "5.0.0", "Domain frequency limited", "tencent/frequency")]
    [InlineData("proton", 421, "4.7.0", "Too many connections from your address", "any/too-many-connections")]
    [InlineData("proton", 451, "4.7.1", "Greylisted, come back in 5 minutes", "any/greylisted")]
    public void Their_rules_know_what_these_replies_ask_for(string provider, int code, string enhanced, string text, string rule)
    {
        var rules = Shipped.Providers.Single(p => p.Name == provider).Rules.Concat(Shipped.Rules);

        Assert.Equal(rule, rules.First(r => r.Matches(SmtpReply.Of(code, enhanced, text), TransactionStep.Recipient)).Name);
    }

    [Fact]
    public void Each_says_where_its_figures_come_from_or_that_none_are_published()
    {
        Assert.All(Shipped.Providers, provider =>
        {
            Assert.False(string.IsNullOrWhiteSpace(provider.Title), provider.Name);
            Assert.Matches("^(no published figures(; .+)?|published: [^(]*[0-9][^(]* \\(https://.+)$", provider.Source ?? provider.Name);
            Assert.Matches("^20[0-9]{2}-(0[1-9]|1[0-2])$", provider.Checked ?? provider.Name);
        });
    }

    [Fact]
    public void None_keeps_the_names_alone()
    {
        var shaping = new ConfigurationFixture().Options("[delivery]\npresets = \"none\"").Shaping;

        Assert.Equal(Shipped.Providers.Select(p => p.Name), shaping.Providers.Select(p => p.Name));
        Assert.All(shaping.Providers, p => Assert.Empty(p.Rules));
        Assert.All(shaping.Providers, p => Assert.Equal(new SiteOptions(), p.Limits));
        Assert.Empty(shaping.Rules);
    }

    [Fact]
    public void A_file_takes_their_place()
    {
        var shaping = new ConfigurationFixture()
            .WithFile("mine.toml", "[provider.big]\nmx = [\"big.example\"]\nmessage_rate = \"5/m\"\n[[provider.big.rule]]\nname = \"slow\"\ncode = [421]\nrate_by = \"25%\"\nfor = \"1h\"\nhint = true")
            .Options(Named).Shaping;

        var provider = Assert.Single(shaping.Providers);
        Assert.Equal([new MessageRate(5, TimeSpan.FromMinutes(1))], provider.Limits.MessageRate!.Items);
        Assert.Equal(("big/slow", 0.25, TimeSpan.FromHours(1), true), (provider.Rules[0].Name, provider.Rules[0].RateBy!.Value, provider.Rules[0].For!.Value, provider.Rules[0].UsesHint));
        Assert.Equal("mine.toml", shaping.Origin);
    }

    [Theory]
    [InlineData("[provider.big]", "mine.toml:1: provider.big.mx: is missing")]
    [InlineData("[provider.big]\nmx = [\"a.example\"]\nmax_connection = 5", "mine.toml:3: provider.big.max_connection: this key is not known; did you mean max_connections?")]
    [InlineData("[provider.big]\nmx = [\"a.example\"]\n[provider.other]\nmx = [\"a.example\"]", "mine.toml:4: provider.other.mx: \"a.example\" belongs to big already")]
    [InlineData("[[rule]]\nname = \"r\"\ntext = \"(\"\nclass = \"rate\"", "mine.toml:3: rule[0].text: \"(\" is not allowed; allowed: a regular expression")]
    [InlineData("[[rule]]\nname = \"r\"\ntext = '(a)\\1'\nclass = \"rate\"", "mine.toml:3: rule[0].text:")]
    [InlineData("[[rule]]\nname = \"r\"\nclass = \"rate\"", "mine.toml:1: rule[0]: has no condition")]
    [InlineData("[[rule]]\nname = \"r\"\ncode = [421]", "mine.toml:1: rule[0]: does nothing")]
    [InlineData("[[rule]]\nname = \"r\"\ncode = [421]\nsuspend = \"path\"", "mine.toml:1: rule[0]: does not say for how long")]
    [InlineData("[[rule]]\nname = \"r\"\ncode = [250]\nclass = \"rate\"", "mine.toml:3: rule[0].code[0]: 250 is not allowed; allowed: a list of 0 to 100, each a whole number, from 400 to 599")]
    [InlineData("[[rule]]\nname = \"r\"\ncode = [421]\nrate = \"1/s\"\nrate_by = \"50%\"\nfor = \"1m\"", "mine.toml:5: rule[0].rate_by: is given together with rate")]
    [InlineData("[[rule]]\nname = \"r\"\nenhanced = [\"2.0.0\"]\nclass = \"rate\"", "mine.toml:3: rule[0].enhanced[0]:")]
    [InlineData("[[rule]", "mine.toml:1: column")]
    public void A_file_with_faults_is_refused_with_file_line_and_key(string text, string expected)
    {
        var faults = new ConfigurationFixture().WithFile("mine.toml", text).Faults(Named);

        Assert.StartsWith(expected, Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_refused() =>
        Assert.StartsWith("relay.toml:2: delivery.presets: \"mine.toml\" does not exist", Assert.Single(new ConfigurationFixture().Faults(Named)), StringComparison.Ordinal);
}
