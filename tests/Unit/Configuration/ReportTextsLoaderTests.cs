using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ReportTextsLoaderTests
{
    private readonly ConfigurationFixture _fixture = new();

    [Fact]
    public void German_says_every_phrase_and_none_in_English()
    {
        var german = _fixture.Options("[bounce]\nlanguage = \"de\"").ReportTexts;

        Assert.All(Enum.GetValues<ReportPhrase>(), phrase => Assert.NotEqual(ReportTexts.English.Say(phrase), german.Say(phrase)));
        Assert.Equal("das Postfach ist voll; sein Inhaber muss erst Platz schaffen.", german.Say(ReportPhrase.Full));
    }

    [Fact]
    public void A_file_says_what_it_says_and_the_rest_in_English()
    {
        var texts = _fixture.WithFile("fr.toml", "full = \"la boîte est pleine.\"").Options("[bounce]\nlanguage = \"fr.toml\"").ReportTexts;

        Assert.Equal(("la boîte est pleine.", "the mailbox has moved."), (texts.Say(ReportPhrase.Full), texts.Say(ReportPhrase.Moved)));
    }

    [Theory]
    [InlineData("full = 3", "fr.toml:1: full: is an integer, not a text")]
    [InlineData("\nfool = \"x\"", "fr.toml:2: fool: this key is not known")]
    [InlineData("greeting = \"x\"", "fr.toml:1: greeting: lacks {host}")]
    [InlineData("full = ", "fr.toml:1")]
    public void Faults_name_file_line_and_key(string content, string fault) =>
        Assert.Contains(fault, string.Join('\n', _fixture.WithFile("fr.toml", content).Faults("[bounce]\nlanguage = \"fr.toml\"")), StringComparison.Ordinal);

    [Fact]
    public void A_language_nobody_knows_is_a_file_that_is_missing() =>
        Assert.Contains("bounce.language: \"xx\"", string.Join('\n', _fixture.Faults("[bounce]\nlanguage = \"xx\"")), StringComparison.Ordinal);

    [Fact]
    public void The_document_shows_the_English_texts()
    {
        var document = File.ReadAllText(Path.Combine(TestData.Root, "docs", "report-texts.md"));
        var shown = document.Split("```toml\n")[1].Split("```")[0];
        var texts = _fixture.WithFile("shown.toml", shown).Options("[bounce]\nlanguage = \"shown.toml\"").ReportTexts;

        Assert.Equal(Enum.GetValues<ReportPhrase>().Length, shown.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.All(Enum.GetValues<ReportPhrase>(), phrase => Assert.Equal(ReportTexts.English.Say(phrase), texts.Say(phrase)));
    }
}
