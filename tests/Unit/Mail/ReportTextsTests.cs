using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ReportTextsTests
{
    [Fact]
    public void Every_phrase_is_said_in_English()
    {
        Assert.All(Enum.GetValues<ReportPhrase>(), phrase => Assert.NotEmpty(ReportTexts.English.Say(phrase)));
        Assert.All(Enum.GetValues<ReportPhrase>(), phrase => Assert.Null(ReportTexts.FaultOf(phrase, ReportTexts.English.Say(phrase))));
    }

    [Theory]
    [InlineData(ReportPhrase.Greeting, "Hallo von {host}.", null)]
    [InlineData(ReportPhrase.Greeting, "Hallo.", "lacks {host}")]
    [InlineData(ReportPhrase.Greeting, "{host} {hots}", "holds {hots}, which stands for nothing here")]
    [InlineData(ReportPhrase.Full, "voll\nvoll", "is empty, longer than 300 characters, or holds control characters")]
    [InlineData(ReportPhrase.Full, " ", "is empty, longer than 300 characters, or holds control characters")]
    public void A_text_has_the_places_of_its_phrase(ReportPhrase phrase, string text, string? fault) => Assert.Equal(fault, ReportTexts.FaultOf(phrase, text));

    [Fact]
    public void What_a_server_said_is_no_text_with_places() =>
        Assert.Equal("{reply} said: {host}", ReportTexts.English.Say(ReportPhrase.HostSaid, ("host", "{reply}"), ("reply", "{host}")));
}
