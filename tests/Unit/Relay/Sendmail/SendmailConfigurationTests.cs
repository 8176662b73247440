using Xunit;

namespace Relay.Tests.Unit;

public sealed class SendmailConfigurationTests
{
    private const string Usual = "/etc/relay/relay.toml";
    private const string ForEverybody = "/etc/relay/sendmail.toml";

    [Theory]
    [InlineData(true, null, Usual)]
    [InlineData(true, true, Usual)]
    [InlineData(false, true, ForEverybody)]
    [InlineData(false, null, Usual)]
    [InlineData(null, true, ForEverybody)]
    [InlineData(null, null, null)]
    public void Users_who_may_not_read_the_configuration_are_told_the_listener_beside_it(bool? usual, bool? beside, string? expected) =>
        Assert.Equal(expected, SendmailCommand.DefaultConfigFile(null, file => file == Usual ? usual : beside));

    [Fact]
    public void The_variable_goes_first() => Assert.Equal("/srv/other.toml", SendmailCommand.DefaultConfigFile("/srv/other.toml", _ => true));
}
