using Xunit;

namespace Relay.Tests.Unit;

public sealed class InboundSectionTests
{
    private const string Secret = "secret = \"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"\n";

    [Theory]
    [InlineData("webhook = \"http://app.example.com/in\"\n" + Secret, "inbound.\"in.example\".webhook: \"http://app.example.com/in\" would send mail in clear; allowed: a URL that begins with https://, or an address of this host")]
    [InlineData("webhook = \"https://app.example.com/in\"\nsecret = \"tell-nobody\"", "inbound.\"in.example\".secret: is no secret of Standard Webhooks; allowed: whsec_ and 24 to 64 bytes in base64")]
    [InlineData("webhook = \"https://app.example.com/in\"", "inbound.\"in.example\".secret: is missing")]
    [InlineData(Secret, "inbound.\"in.example\".webhook: is missing")]
    [InlineData("webhook = \"https://app.example.com/in\"\nmax_message_size = \"26MiB\"\n" + Secret, "max_message_size: \"26MiB\" is not allowed; allowed: a size such as \"512KiB\" or \"25MiB\", from \"64KiB\" to \"25MiB\"")]
    public void What_cannot_be_is_said(string lines, string fault)
    {
        var faults = string.Join('\n', new ConfigurationFixture().Faults("[inbound.\"in.example\"]\n" + lines));

        Assert.Contains(fault, faults, StringComparison.Ordinal);
        Assert.DoesNotContain("tell-nobody", faults, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("required", 1)]
    [InlineData("optional", 0)]
    public void Other_mail_servers_need_a_listener_without_login(string auth, int warnings)
    {
        var result = new ConfigurationFixture().Load(
            $"[listener.mx]\nauth = \"{auth}\"\n[inbound.\"in.example\"]\nwebhook = \"http://127.0.0.1:9/in\"\n" + Secret);

        Assert.Empty(result.Faults);
        Assert.Equal(warnings, result.Warnings.Count(warning => warning.ToString().Contains("every listener demands a login", StringComparison.Ordinal)));
    }
}
