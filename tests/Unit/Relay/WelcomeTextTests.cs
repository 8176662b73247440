using Xunit;

namespace Relay.Tests.Unit;

public sealed class WelcomeTextTests
{
    [Fact]
    public async Task Says_where_it_listens_and_how_to_get_in()
    {
        var text = await WriteAsync("[listener.a]\nendpoint = \"0.0.0.0:2625\"\n[listener.b]\nendpoint = \"[::1]:2626\"\nrelay_networks = []\n[admin]\nendpoint = \"127.0.0.1:8026\"", "rt_secret");

        Assert.Contains("0.0.0.0:2625  (listener a, tls starttls, login required except from 127.0.0.0/8, ::1/128)", text, StringComparison.Ordinal);
        Assert.Contains("[::1]:2626  (listener b, tls starttls, login required)", text, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:8026/#token=rt_secret", text, StringComparison.Ordinal);
        Assert.Contains("smtp://127.0.0.1:2625 ", text, StringComparison.Ordinal);
        Assert.Contains("[route.\"*\"]", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("auth = \"none\"", "", "none")]
    [InlineData("auth = \"optional\"\nrelay_networks = []", "", "optional, to relay required")]
    [InlineData("relay_networks = []", "relay = true", "required except from 192.0.2.64/28")]
    [InlineData("auth = \"optional\"", "relay = true", "optional, to relay required except from 192.0.2.64/28, 127.0.0.0/8, ::1/128")]
    [InlineData("relay_networks = [\"192.0.2.0/24\"]", "relay = false", "required except from 192.0.2.0/24 (not 192.0.2.64/28)")]
    [InlineData("relay_networks = [\"198.51.100.0/24\"]", "relay = false", "required except from 198.51.100.0/24")]
    [InlineData("relay_networks = [\"198.51.100.0/24\"]", "relay = true\nlisteners = [\"b\"]", "required except from 198.51.100.0/24")]
    [InlineData("relay_networks = [\"10.1.0.0/16\", \"10.2.0.0/16\", \"10.3.0.0/16\"]", "relay = true", "required except from 4 networks")]
    [InlineData("relay_networks = []\nclient_certificates = \"request\"", "", "required; a client's certificate may stand for it")]
    public async Task Says_who_has_to_log_in(string listener, string network, string login)
    {
        var section = network.Length == 0 ? "" : $"[network.printers]\nnetworks = [\"192.0.2.64/28\"]\n{network}\n";
        var text = await WriteAsync($"[listener.a]\nendpoint = \"0.0.0.0:2625\"\n{listener}\n[listener.b]\nendpoint = \"0.0.0.0:2626\"\n{section}", null);

        Assert.Contains($"(listener a, tls starttls, login {login})", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "none")]
    [InlineData("relay_networks = []", "required")]
    public async Task A_socket_is_this_machine(string settings, string login)
    {
        var text = await WriteAsync($"[listener.a]\nsocket = \"smtp.sock\"\n{settings}\n", null);

        Assert.Contains($"smtp.sock  (listener a, tls starttls, login {login})", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_no_token_but_the_new_one()
    {
        var text = await WriteAsync("", firstToken: null);

        Assert.Contains("Token   in ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("#token=", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Advises_no_smarthost_where_there_is_one() =>
        Assert.DoesNotContain("To send for real", await WriteAsync("[route.\"*\"]\nsmarthost = \"smtp.example.net:587\"", null), StringComparison.Ordinal);

    [Fact]
    public async Task Shows_the_doors_for_applications_and_recipients_where_they_are_open()
    {
        var text = await WriteAsync("[api]\nendpoint = \"127.0.0.1:8080\"\n[public]\nendpoint = \"127.0.0.1:8081\"\npublic_url = \"https://mail.example.com\"\ntls = true", null);

        Assert.Contains("API     http://127.0.0.1:8080/api/v1  (described at http://127.0.0.1:8080/api/docs)", text, StringComparison.Ordinal);
        Assert.Contains("Public  https://127.0.0.1:8081  (recipients reach it at https://mail.example.com/)", text, StringComparison.Ordinal);
        Assert.DoesNotContain("/api/", await WriteAsync("", null), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_no_page_where_it_is_switched_off() =>
        Assert.DoesNotContain("http://", await WriteAsync("[admin]\nenabled = false", null), StringComparison.Ordinal);

    private static async Task<string> WriteAsync(string configuration, string? firstToken)
    {
        var result = new ConfigurationFixture().Load(configuration);
        using var output = new StringWriter();

        // Only what the server knows of itself is asked; nothing is started.
        var server = new RelayServer(null!, null!, "", isSandbox: false, firstToken);
        await WelcomeText.WriteAsync(output, new LoadedConfiguration(result.Options!, result.Warnings, result.Settings, result.File), server);
        return output.ToString();
    }
}
