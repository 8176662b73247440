using Xunit;

namespace Relay.Tests.Unit;

public sealed class StreamSectionTests
{
    [Theory]
    [InlineData("[stream.broadcast]\none_click = true", "stream.broadcast.one_click: needs a page that recipients reach")]
    [InlineData("[stream.broadcast]\none_click = true\n[public]\npublic_url = \"http://mail.example.com\"", "stream.broadcast.one_click: needs a page that recipients reach")]
    [InlineData("[stream.transactional]\nunsubscribe_mailbox = \"a@example.com\"", "stream.transactional.unsubscribe_mailbox: \"a@example.com\" is not read here")]
    [InlineData("[stream.broadcast]\nfeedback_id = \"a:b:c:d:examplemail\"", "stream.broadcast.feedback_id: has 5 fields")]
    [InlineData("[stream.broadcast]\nfeedback_id = \"{campaign}:{account}\"", "stream.broadcast.feedback_id: does not end in 5 to 15 letters and digits")]
    [InlineData("[stream.broadcast]\nfeedback_id = \"{kampagne}:examplemail\"", "stream.broadcast.feedback_id: holds something else")]
    [InlineData("[stream.bulk]\none_click = true", "bulk")]
    public void Tells_what_does_not_go_together(string text, string fault) =>
        Assert.Contains(fault, string.Join('\n', new ConfigurationFixture().Faults(text)), StringComparison.Ordinal);

    [Fact]
    public void Takes_one_click_with_a_public_page() =>
        Assert.Empty(new ConfigurationFixture().Faults("[stream.broadcast]\none_click = true\nfeedback_id = \"{campaign}:{account}:{stream}:examplemail\"\n[public]\npublic_url = \"https://mail.example.com\""));
}
