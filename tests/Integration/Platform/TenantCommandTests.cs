using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Accounts, keys and domains by command, with a running server and without one.</summary>
public sealed class TenantCommandTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Accounts_keys_and_domains_can_be_kept(bool isRunning)
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        if (isRunning)
        {
            await relay.StartAsync();
        }

        Assert.Matches(@"^account shop added with id \d+\n$", await DoesAsync(relay, "account", "add", "shop"));
        await DoesAsync(relay, "account", "rename", "shop", "store");
        await DoesAsync(relay, "account", "limit", "store", "--emails-per-day", "100");
        await DoesAsync(relay, "account", "zone", "store", "Asia/Tokyo");
        Assert.Matches(@"store\s+Asia/Tokyo", await DoesAsync(relay, "account", "list"));
        await DoesAsync(relay, "account", "zone", "store", "default");
        Assert.DoesNotContain("Tokyo", await DoesAsync(relay, "account", "list"), StringComparison.Ordinal);
        await DoesAsync(relay, "account", "suspend", "store");
        Assert.Matches(@"store\s+SUSPENDED", await DoesAsync(relay, "account", "list"));
        await DoesAsync(relay, "account", "resume", "store");

        var key = await DoesAsync(relay, "key", "create", "--name", "prod", "--scope", "full", "--account", "store", "--domain", "example.com", "--expires", "90d");
        Assert.Matches("^rk_[A-Za-z0-9]{32}\n$", key);
        await DoesAsync(relay, "key", "limit", "prod", "--account", "store", "--requests-per-second", "5");
        Assert.Contains(key[..7], await DoesAsync(relay, "key", "list", "--account", "store"), StringComparison.Ordinal);
        await DoesAsync(relay, "key", "revoke", "prod", "--account", "store");
        Assert.Contains("REVOKED", await DoesAsync(relay, "key", "list"), StringComparison.Ordinal);

        var records = await DoesAsync(relay, "domain", "add", "example.com", "--account", "store", "--trusted");
        Assert.StartsWith("; example.com of account store: success\n", records, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^r\d{6}-[a-z0-9]{6}\._domainkey\.example\.com\. IN TXT \( ""v=DKIM1; k=rsa; .*"" "".*"" \)$", records);
        Assert.Contains("bounce.example.com. IN MX 10 relay.example.com.", records, StringComparison.Ordinal);
        await DoesAsync(relay, "domain", "limit", "example.com", "--account", "store", "--emails-per-hour", "7");
        var listed = JsonDocument.Parse(await DoesAsync(relay, "domain", "list", "--json")).RootElement.GetProperty("entries")[0];
        Assert.Equal(("store", "7"), (listed.Word("account"), listed.GetProperty("limits").Word("emailsPerHour")));
        var (exitCode, output) = await relay.RunAsync("domain", "add", "example.com", "--account", "store");
        Assert.Equal(1, exitCode);
        Assert.Contains("example.com is there already", output, StringComparison.Ordinal);
        Assert.Contains("keep its DKIM records published", await DoesAsync(relay, "domain", "remove", "example.com", "--account", "store"), StringComparison.Ordinal);
    }

    private static async Task<string> DoesAsync(RelayProcess relay, params string[] arguments)
    {
        var (exitCode, output) = await relay.RunAsync(arguments);
        Assert.True(exitCode == 0, output);
        return output;
    }
}
