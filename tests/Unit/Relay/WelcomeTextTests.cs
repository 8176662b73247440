using Xunit;

namespace Relay.Tests.Unit;

public sealed class WelcomeTextTests
{
    [Fact]
    public async Task Says_where_it_listens_and_how_to_get_in()
    {
        var text = await WriteAsync("[listener.a]\nendpoint = \"0.0.0.0:2625\"\n[listener.b]\nendpoint = \"[::1]:2626\"\n[admin]\nendpoint = \"127.0.0.1:8026\"", "rt_secret");

        Assert.Contains("0.0.0.0:2625  (listener a, tls starttls, login required)", text, StringComparison.Ordinal);
        Assert.Contains("[::1]:2626", text, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:8026/#token=rt_secret", text, StringComparison.Ordinal);
        Assert.Contains("smtp://127.0.0.1:2625 ", text, StringComparison.Ordinal);
        Assert.Contains("[route.\"*\"]", text, StringComparison.Ordinal);
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
