using System.Net;
using Relay.Dkim;
using Relay.Smtp.Server;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ConfigurationLoaderTests
{
    private readonly ConfigurationFixture _configuration = new();

    [Fact]
    public void Without_a_file_the_defaults_hold()
    {
        var options = _configuration.Options(null);

        Assert.Equal("host.example.com", options.Hostname.Ascii);
        Assert.Equal(ConfigurationFixture.PathOf("data"), options.Data);
        var listener = Assert.Single(options.Listener);
        Assert.Equal("submission", listener.Key);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 2525), listener.Value.Endpoint);
        Assert.Equal(SmtpTlsMode.StartTls, listener.Value.Tls);
        Assert.Equal(ListenerAuthentication.Required, listener.Value.Auth);
        Assert.Equal(25L * 1024 * 1024, listener.Value.MaxMessageSize.Bytes);
        Assert.Equal(ConfigurationFixture.PathOf("data/admin.token"), options.Admin.TokenFile);
        Assert.Equal("MAILER-DAEMON@host.example.com", options.Bounce.From.ToString());
        Assert.Equal(TimeSpan.FromDays(5), options.Retry.ExpireAfter);
        Assert.Equal(20, options.SiteDefaults.MaxConnections);
        Assert.Empty(options.Route);
    }

    [Fact]
    public void Takes_the_file_of_the_working_folder_when_none_is_named()
    {
        var result = _configuration.WithFile("relay.toml", "[log]\nlevel = \"debug\"").Load(null);

        Assert.Equal("relay.toml", result.File);
        Assert.Equal(LogVerbosity.Debug, result.Options!.Log.Level);
    }

    [Fact]
    public void A_named_file_must_exist()
    {
        var result = ConfigurationLoader.Load(new ConfigurationInput
        {
            File = "other.toml",
            WorkingFolder = ConfigurationFixture.PathOf("."),
            Environment = new Dictionary<string, string>(),
            Files = _configuration,
            MachineName = "host.example.com",
        });

        Assert.Null(result.Options);
        Assert.Equal("other.toml: the file does not exist; allowed: a TOML file that this user can read", Assert.Single(result.Faults).ToString());
    }

    [Fact]
    public void A_syntax_error_is_reported_with_line_and_column()
    {
        var fault = Assert.Single(_configuration.Faults("hostname = \"a.example.com\"\ndata = ./data\n"));

        Assert.StartsWith("relay.toml:2: column 8: './data' is no value; allowed are strings in quotes", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Reports_all_faults_at_once_with_their_lines()
    {
        var faults = _configuration.Faults("""
            hostname = "not a name"
            [queue]
            window = "many"
            window_bytes = "64MB"
            store = "litedb"
            [retry]
            schedule = ["1m", 5]
            jittter = "10%"
            [listener.submission]
            endpoint = "localhost:25"
            max_recipients = 5
            """);

        Assert.Equal(
            [
                "relay.toml:1: hostname: \"not a name\" is not allowed; allowed: a host name such as \"relay.example.com\"",
                "relay.toml:3: queue.window: \"many\" is not allowed; allowed: a whole number, from 1 to 1000000",
                "relay.toml:4: queue.window_bytes: \"64MB\" is not allowed; allowed: a size such as \"512KiB\" or \"25MiB\", from \"1MiB\" to \"64GiB\"",
                "relay.toml:5: queue.store: \"litedb\" is not allowed; allowed: \"sqlite\" (docs/decisions/0001 says why there is no other store)",
                "relay.toml:7: retry.schedule[1]: 5 is not allowed; allowed: a list of 1 to 100, each a duration such as \"30s\", \"5m\", \"1h\" or \"5d\", from \"1s\" to \"7d\"",
                "relay.toml:8: retry.jittter: this key is not known; did you mean jitter?",
                "relay.toml:10: listener.submission.endpoint: \"localhost:25\" is not allowed; allowed: address and port such as \"127.0.0.1:2525\" or \"[::1]:25\"",
                "relay.toml:11: listener.submission.max_recipients: 5 is not allowed; allowed: a whole number, from 100 to 50000",
            ],
            faults.Order(new ByLine()));
    }

    [Theory]
    [InlineData("[queue]\nwarn_free_disk = \"100MiB\"", "relay.toml:2: queue.warn_free_disk: mail would be refused before anybody is warned; allowed: \"0\", or queue.min_free_disk and more")]
    [InlineData("[listener.a]\ntls = \"none\"\nclient_certificates = \"request\"", "relay.toml:3: listener.a.client_certificates: there are no certificates without TLS; allowed: off, or tls = starttls, required or implicit")]
    [InlineData("[listener.a]\nclient_issuers = \"/x.pem\"", "relay.toml:2: listener.a.client_issuers: nobody is asked for a certificate here; allowed: with client_certificates = request or require")]
    [InlineData("[quue]\nwindow = 1", "relay.toml:1: quue: this key is not known; did you mean queue?")]
    [InlineData("[public]\nendpoint = \"127.0.0.1:8081\"", "relay.toml:1: public.public_url: is missing; allowed: where recipients reach the endpoint, such as \"https://mail.example.com\"")]
    [InlineData("[public]\npublic_url = \"ftp://a\"", "relay.toml:2: public.public_url: \"ftp://a\" is not allowed; allowed: a URL such as \"https://mail.example.com\", without query")]
    [InlineData("[api]\nendpoint = \"127.0.0.1:8025\"", "relay.toml:2: api.endpoint: \"127.0.0.1:8025\" is taken by admin.endpoint; allowed: an address and port of its own")]
    [InlineData("[limits.user.\"a\"]\nmessage_rate = [\"10/x\", 5]", "relay.toml:2: limits.user.a.message_rate: [\"10/x\", 5] is not allowed; allowed: a rate such as \"20/s\", \"100/m\", \"1000/h\" or \"10000/d\", or a list of them with different periods")]
    [InlineData("queue = 5", "relay.toml:1: queue: an integer is not allowed; allowed: a table [queue]")]
    [InlineData("listener = []", "relay.toml:1: listener: an array is not allowed; allowed: a table [listener]")]
    [InlineData("[listener]\nendpoint = \"127.0.0.1:25\"", "relay.toml:2: listener.endpoint: a string is not allowed; allowed: a table [listener.NAME]")]
    [InlineData("[listener.UP]", "relay.toml:1: listener.UP: this name is not allowed; allowed: lower-case letters, digits, - and single _ inside")]
    [InlineData("[site.\"a b\"]", "relay.toml:1: site.\"a b\": this name is not allowed; allowed: a quoted domain such as \"example.com\", or \"*\"")]
    [InlineData("[site.\"a.test\"]\n[site.\"A.test\"]", "relay.toml:2: site.\"A.test\": this name is given twice, in different spelling; allowed: a quoted domain such as \"example.com\", or \"*\"")]
    [InlineData("[dkim]\nenabld = true", "relay.toml:2: dkim.enabld: this key is not known; did you mean enabled?")]
    [InlineData("[admin]\nenabled = \"yes\"", "relay.toml:2: admin.enabled: \"yes\" is not allowed; allowed: true or false")]
    [InlineData("[egress.source.a]\nehlo = \"a.example.com\"", "relay.toml:1: egress.source.a.address: is missing; allowed: an address such as \"192.0.2.1\" or \"2001:db8::1\"")]
    [InlineData("[dkim.\"example.com\"]", "relay.toml:1: dkim.\"example.com\".keys: is missing; allowed: a list of 1 to 4, each a table { selector, algorithm, file }")]
    [InlineData("[dkim.\"example.com\"]\nkeys = [{ selector = \"a\", algorithm = \"rsa\", file = \"none.pem\" }]", "relay.toml:2: dkim.\"example.com\".keys[0].file: there is no file")]
    [InlineData("[retry]\nschedule = []", "relay.toml:2: retry.schedule: has 0 elements; allowed: a list of 1 to 100")]
    [InlineData("[retry]\nexpire_after = \"10s\"", "relay.toml:2: retry.expire_after: is shorter than the first wait of schedule; allowed: time for a second attempt at least")]
    [InlineData("[delivery]\nport = 99999999999", "relay.toml:2: delivery.port: 99999999999 is not allowed; allowed: a whole number, from 1 to 65535")]
    [InlineData("[delivery]\nallowed_networks = [\"10.0.0.1/8\"]", "relay.toml:2: delivery.allowed_networks[0]: \"10.0.0.1/8\" is not allowed")]
    [InlineData("[route.\"*\"]\ntype = \"smarthost\"", "relay.toml:1: route.\"*\".smarthost: is missing; allowed: host and port such as \"smtp.example.com:587\"")]
    [InlineData("[route.\"*\"]\ntype = \"mx\"\nsmarthost = \"a.example.com:25\"", "relay.toml:2: route.\"*\".type: \"mx\" takes no hosts, socket, username or tls; allowed: these with smarthost and lmtp only")]
    [InlineData("[route.\"*\"]\nsmarthost = \"a.example.com:25\"\nusername = \"u\"\npassword = \"p\"\ntls = \"none\"", "relay.toml:5: route.\"*\".tls: \"none\" would send the password in clear; allowed with a password: required, implicit or opportunistic")]
    [InlineData("[route.\"*\"]\nsmarthost = \"a.example.com:25\"\nusername = \"u\"", "relay.toml:3: route.\"*\".username: is given without password, password_file or oauth_token_url; allowed: both or neither")]
    [InlineData("[route.\"*\"]\nsmarthost = \"a.example.com:25\"\nusername = \"u\"\npassword_file = \"none\"", "relay.toml:4: route.\"*\".password_file: \"none\" does not exist; allowed: the path of a file that holds the secret")]
    [InlineData("[admin]\nendpoint = \"127.0.0.1:2525\"", "relay.toml:2: admin.endpoint: \"127.0.0.1:2525\" is taken by listener.submission.endpoint; allowed: an address and port of its own")]
    [InlineData("[egress.source.north]\naddress = \"192.0.2.1\"\n[egress.pool.p]\nsources = [\"norht\"]", "relay.toml:4: egress.pool.p.sources: there is no egress source \"norht\"; did you mean north?")]
    [InlineData("[egress.source.north]\naddress = \"192.0.2.1\"\n[site.google.source.norht]\nmax_connections = 2", "relay.toml:3: site.google.source.norht: there is no egress source \"norht\"; did you mean north?")]
    [InlineData("[site.\"*\"]\npool = \"p\"", "relay.toml:2: site.\"*\".pool: there is no egress pool \"p\"; allowed: the name of an egress pool")]
    public void Says_what_is_wrong_and_what_is_allowed(string text, string expected)
    {
        var faults = _configuration.Faults(text);

        Assert.Contains(faults, fault => fault.StartsWith(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("tls")]
    [InlineData("certificate.other")]
    public void A_container_needs_no_key_beside_it(string section)
    {
        var files = _configuration.WithFile("relay.p12", "container").WithFile("relay.key", "key");

        Assert.Empty(files.Faults($"[{section}]\ncertificate = \"relay.p12\""));
        Assert.Equal(
            [$"relay.toml:3: {section}.key: is given, and the PKCS#12 file holds a key already; allowed: with a certificate in PEM"],
            files.Faults($"[{section}]\ncertificate = \"relay.p12\"\nkey = \"relay.key\""));
    }

    [Fact]
    public void A_certificate_needs_its_key()
    {
        var faults = _configuration.WithFile("relay.crt", "certificate").Faults("[tls]\ncertificate = \"relay.crt\"");

        Assert.Equal(["relay.toml:2: tls.certificate: is given without key; allowed: both or neither"], faults);
    }

    [Fact]
    public void Binds_every_kind_of_table()
    {
        var options = _configuration.WithFile("r1.pem", "key").Options("""
            [listener.port25]
            endpoint = "[::1]:25"
            auth = "none"
            relay_networks = ["10.0.0.0/8"]
            [dns]
            servers = ["127.0.0.1:53", "[::1]:5353"]
            trust_ad = ["192.0.2.53"]
            [site."*"]
            message_rate = "100/m"
            [site."Example.NET"]
            max_connections = 5
            [route."*"]
            smarthost = "SMTP.example.com:587"
            username = "u"
            password = "p"
            [route.".staging.test"]
            type = "capture"
            [dkim."example.com"]
            keys = [{ selector = "r1", algorithm = "rsa", file = "r1.pem" }]
            [egress.source.a]
            address = "192.0.2.10"
            [egress.pool.default]
            sources = ["a"]
            """);

        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 25), Assert.Single(options.Listener).Value.Endpoint);
        Assert.Equal(IPNetwork.Parse("10.0.0.0/8"), Assert.Single(options.Listener["port25"].RelayNetworks));
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 5353), options.Dns.Servers[1]);
        Assert.True(options.Dns.TrustAd.Trusts(IPAddress.Parse("192.0.2.53")));
        Assert.False(options.Dns.TrustAd.Trusts(IPAddress.Loopback));
        Assert.Equal(5, options.Site["example.net"].MaxConnections);
        Assert.Equal(new Rate(100, TimeSpan.FromMinutes(1)), Assert.Single(options.AnySite.MessageRate!.Items));
        Assert.Equal(RouteType.Smarthost, options.Route["*"].EffectiveType);
        Assert.Equal(RouteTls.Required, options.Route["*"].EffectiveTls);
        Assert.Equal("smtp.example.com", options.Route["*"].Smarthost!.Host);
        Assert.Equal("p", options.Route["*"].Password!.Reveal());
        Assert.Equal(RouteType.Capture, options.Route[".staging.test"].EffectiveType);
        var key = Assert.Single(options.Dkim.Domains["example.com"].Keys);
        Assert.Equal(DkimAlgorithm.RsaSha256, key.Algorithm);
        Assert.Equal(ConfigurationFixture.PathOf("r1.pem"), key.File);
        Assert.Equal("host.example.com", options.Egress.Source["a"].Ehlo.Ascii);
    }

    [Fact]
    public void Default_texts_follow_the_settings_they_name()
    {
        var options = _configuration.Options("hostname = \"mx.example.org\"\ndata = \"/var/lib/relay\"");

        Assert.Equal("MAILER-DAEMON@mx.example.org", options.Bounce.From.ToString());
        Assert.Equal(Path.GetFullPath("/var/lib/relay/admin.token"), options.Admin.TokenFile);
    }

    [Theory]
    [InlineData("host", "", "hostname: \"host\" is no fully qualified name")]
    [InlineData("host.example.com", "[listener.a]\nendpoint = \"0.0.0.0:25\"\ntls = \"none\"", "listener.a.tls: AUTH is not offered without TLS")]
    [InlineData("host.example.com", "[listener.a]\nendpoint = \"0.0.0.0:25\"\nrelay_networks = [\"0.0.0.0/0\"]", "listener.a.relay_networks: anybody may relay here")]
    [InlineData("host.example.com", "[admin]\nendpoint = \"0.0.0.0:8025\"", "admin.endpoint: the token crosses the network in clear")]
    [InlineData("host.example.com", "[route.\"*\"]\nsmarthost = \"a.example.com:25\"\nusername = \"u\"\npassword = \"p\"\ntls = \"opportunistic\"", "route.\"*\".tls: the certificate is not verified")]
    public void Warns_of_what_is_allowed_but_probably_not_meant(string machine, string text, string expected)
    {
        var result = new ConfigurationFixture { MachineName = machine }.Load(text);

        Assert.NotNull(result.Options);
        Assert.Contains(expected, Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    private sealed class ByLine : IComparer<string>
    {
        public int Compare(string? x, string? y) => LineOf(x!).CompareTo(LineOf(y!));

        private static int LineOf(string fault) => int.Parse(fault.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
