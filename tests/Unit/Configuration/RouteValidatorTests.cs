using Xunit;

namespace Relay.Tests.Unit;

public sealed class RouteValidatorTests
{
    private const string Login = "smarthost = \"smtp.example.com:587\"\nusername = \"me\"\n";

    [Theory]
    [InlineData("[route.x]\ntype = \"smarthost\"", "route.x.smarthost: is missing")]
    [InlineData("[route.x]\ntype = \"lmtp\"", "route.x.socket: is missing")]
    [InlineData("[route.x]\ntype = \"lmtp\"\nsocket = \"/run/lmtp\"\nhosts = [\"127.0.0.1:24\"]", "is given together with hosts")]
    [InlineData("[route.x]\ntype = \"mx\"\nhosts = [\"a.example.com:25\"]", "takes no hosts")]
    [InlineData("[route.x]\nsmarthost = \"127.0.0.1:2525\"", "is a listener of this relay")]
    [InlineData("[route.x]\nhosts = [{ host = \"a.example.com:25\", weight = 0 }]", "is not allowed")]
    [InlineData("[route.x]\nhosts = [{ host = \"a.example.com:25\", wieght = 1 }]", "is not allowed")]
    [InlineData("[route.x]\n" + Login, "is given without password, password_file or oauth_token_url")]
    [InlineData("[route.x]\nsmarthost = \"smtp.example.com:587\"\npassword = \"x\"", "is given without username")]
    [InlineData("[route.x]\n" + Login + "password = \"x\"\noauth_token_url = \"https://login.example.com/t\"", "is given together with password")]
    [InlineData("[route.x]\n" + Login + "oauth_token_url = \"https://login.example.com/t\"\noauth_client_secret = \"x\"", "oauth_client_id: is missing")]
    [InlineData("[route.x]\n" + Login + "oauth_token_url = \"https://login.example.com/t\"\noauth_client_id = \"x\"", "oauth_client_secret: is missing")]
    [InlineData("[route.x]\n" + Login + "oauth_token_url = \"http://login.example.com/t\"\noauth_client_id = \"x\"\noauth_client_secret = \"x\"", "would send the secret in clear")]
    [InlineData("[route.x]\n" + Login + "password = \"x\"\noauth_scope = \"x\"", "oauth_token_url: is missing")]
    [InlineData("[route.x]\nfallback = \"y\"", "there is no route \"y\"")]
    [InlineData("[route.x]\nfallback = \"x\"", "is the route itself")]
    [InlineData("[rule.r]\nusers = [\"a\"]", "changes nothing")]
    [InlineData("[rule.r]\nroute = \"ofice\"\n[route.office]", "did you mean office?")]
    [InlineData("[rule.r]\npool = \"bulk\"", "there is no egress pool \"bulk\"")]
    [InlineData("[rule.r]\nsender_domains = [\"not a domain\"]", "is not allowed")]
    [InlineData("[egress.source.a]\naddress = \"192.0.2.1\"\naddress6 = \"192.0.2.2\"", "allowed: an IPv6 address")]
    [InlineData("[egress.source.a]\naddress = \"2001:db8::1\"\naddress6 = \"2001:db8::2\"", "allowed: an IPv6 address")]
    [InlineData("[egress.source.a]\naddress = \"192.0.2.1\"\n[egress.pool.p]\nsources = { a = 0 }", "is not allowed")]
    [InlineData("[egress.source.a]\naddress = \"192.0.2.1\"\n[egress.pool.p]\nsources = [\"a\", \"a\"]", "is not allowed")]
    public void Tells_what_does_not_go_together(string text, string fault) =>
        Assert.Contains(fault, string.Join('\n', new ConfigurationFixture().Faults(text)), StringComparison.Ordinal);

    [Theory]
    [InlineData("smarthost = \"smtp.example.com:587\"", RouteTls.Required)]
    [InlineData("smarthost = \"192.0.2.1:25\"", RouteTls.Required)]
    [InlineData("smarthost = \"127.0.0.1:25\"", null)]
    [InlineData("hosts = [\"127.0.0.1:25\", \"smtp.example.com:587\"]", RouteTls.Required)]
    [InlineData("smarthost = \"127.0.0.1:25\"\nusername = \"me\"\npassword = \"x\"", RouteTls.Required)]
    [InlineData("smarthost = \"smtp.example.com:587\"\ntls = \"opportunistic\"", RouteTls.Opportunistic)]
    [InlineData("type = \"lmtp\"\nsocket = \"/run/lmtp\"", null)]
    public void Verified_tls_is_required_unless_the_next_hop_is_on_this_machine(string route, object? tls) =>
        Assert.Equal((RouteTls?)tls, new ConfigurationFixture().Options("[route.x]\n" + route).Route["x"].EffectiveTls);

    [Fact]
    public void Rules_and_hosts_keep_the_order_of_the_file()
    {
        var options = new ConfigurationFixture().Options("""
            [rule.zebra]
            route = "b"
            [rule.ant]
            route = "a"
            [route.a]
            hosts = ["one.example.com:25", { host = "two.example.com:25", preference = 1, weight = 3 }, "three.example.com:25"]
            [route.b]
            type = "capture"
            """).ToDelivery(isSandbox: false);

        Assert.Equal(["zebra", "ant"], options.Rules.Select(r => r.Name));
        Assert.Equal([("one.example.com", 1, 1), ("two.example.com", 1, 3), ("three.example.com", 3, 1)], options.Routes["a"].Hosts.Select(h => (h.Host, h.Preference, h.Weight)));
    }

    [Fact]
    public void Weights_of_a_pool_come_from_a_table_or_the_environment()
    {
        const string Sources = "[egress.source.a]\naddress = \"192.0.2.1\"\n[egress.source.b]\naddress = \"192.0.2.2\"\n[egress.pool.p]\n";

        var table = new ConfigurationFixture().Options(Sources + "sources = { a = 3, b = 1 }").ToDelivery(isSandbox: false);
        var variable = new ConfigurationFixture().WithVariable("RELAY__EGRESS__POOL__P__SOURCES", "a:3, b").Options(Sources + "sources = [\"a\"]").ToDelivery(isSandbox: false);

        Assert.Equal(new Dictionary<string, int> { ["a"] = 3, ["b"] = 1 }, table.Pools["p"]);
        Assert.Equal(table.Pools["p"], variable.Pools["p"]);
    }
}
