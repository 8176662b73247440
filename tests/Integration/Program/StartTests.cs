using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>What an operator sees who starts it wrongly: one clear sentence and an exit code of sysexits.h.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task Check_accepts_a_good_configuration()
    {
        await using var relay = new RelayProcess();
        relay.Configure();

        var (exitCode, output) = await relay.RunAsync("check");

        Assert.Equal(0, exitCode);
        Assert.EndsWith("the configuration is valid\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_names_a_certificate_that_cannot_be_used()
    {
        await using var relay = new RelayProcess();
        var file = Path.Combine(relay.Folder, "broken.p12");
        await File.WriteAllTextAsync(file, "nothing");
        relay.Configure($"[certificate.other]\ncertificate = \"{file}\"\n");

        var (exitCode, output) = await relay.RunAsync("check");

        Assert.Equal(78, exitCode);
        Assert.Contains("broken.p12 cannot be used", output, StringComparison.Ordinal);

        var (asScript, json) = await relay.RunAsync("check", "--json");
        var answer = JsonDocument.Parse(json).RootElement;
        Assert.Equal((78, false), (asScript, answer.GetProperty("valid").GetBoolean()));
        Assert.Contains("broken.p12 cannot be used", Assert.Single(answer.GetProperty("faults").EnumerateArray()).GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_names_all_faults_of_a_configuration_at_once()
    {
        await using var relay = new RelayProcess();
        relay.Configure("[queue]\nwindwo = 5\n\n[retry]\nexpire_after = \"soon\"\n");

        var (exitCode, output) = await relay.RunAsync("check");

        Assert.Equal(78, exitCode);
        Assert.Contains("windwo", output, StringComparison.Ordinal);
        Assert.Contains("window", output, StringComparison.Ordinal);
        Assert.Contains("expire_after", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_of_other_programs_in_the_working_directory_are_neither_read_nor_watched()
    {
        var port = LoopbackPorts.Free();
        await using var relay = new RelayProcess();
        relay.Configure();
        await File.WriteAllTextAsync(
            Path.Combine(relay.Folder, "appsettings.json"),
            string.Create(CultureInfo.InvariantCulture, $$$"""{ "urls": "http://127.0.0.1:{{{port}}}", "Kestrel": { "Endpoints": { "Other": { "Url": "http://127.0.0.1:{{{port}}}" } } } }"""));

        await relay.StartAsync();

        using var client = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync(IPAddress.Loopback, port));
        Assert.DoesNotContain(OpenFiles(relay.ProcessId), file => file.Contains("inotify", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_taken_port_is_named_with_the_setting_to_change()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var relay = new RelayProcess();
        relay.Configure(listener: string.Create(CultureInfo.InvariantCulture, $"\n[listener.second]\nendpoint = \"127.0.0.1:{port}\"\n"));

        relay.Launch();
        await relay.WaitForExitAsync();

        Assert.Equal(69, relay.ExitCode);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port} is taken by another program"), relay.Output, StringComparison.Ordinal);
        Assert.Contains("[listener.second] endpoint", relay.Output, StringComparison.Ordinal);
        AssertNoStackTrace(relay);
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_data_folder_is_told()
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        await File.WriteAllTextAsync(relay.DataFolder, "in the way");

        relay.Launch();
        await relay.WaitForExitAsync();

        Assert.Equal(73, relay.ExitCode);
        Assert.Contains(relay.DataFolder, relay.Output, StringComparison.Ordinal);
        AssertNoStackTrace(relay);
    }

    [Fact]
    public async Task A_second_server_on_the_same_data_folder_is_refused_and_the_first_goes_on()
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        await relay.StartAsync();
        await using var second = new RelayProcess();
        second.Configure();
        await File.WriteAllTextAsync(
            second.ConfigFile, (await File.ReadAllTextAsync(second.ConfigFile)).Replace(second.DataFolder, relay.DataFolder, StringComparison.Ordinal));

        second.Launch();
        await second.WaitForExitAsync();

        Assert.Equal(73, second.ExitCode);
        Assert.Contains($"The data folder {relay.DataFolder} is in use", second.Output, StringComparison.Ordinal);
        Assert.Contains(relay.ProcessId.ToString(CultureInfo.InvariantCulture), second.Output, StringComparison.Ordinal);
        AssertNoStackTrace(second);
        Assert.True(await relay.IsReadyAsync());
        var (exitCode, output) = await relay.RunAsync("status");
        Assert.True(exitCode == 0, output);
        Assert.Contains(", up ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_is_told()
    {
        await using var relay = new RelayProcess();
        var file = Path.Combine(relay.Folder, "broken.pem");
        await File.WriteAllTextAsync(file, "no certificate");
        relay.Configure($"[tls]\ncertificate = \"{file}\"\nkey = \"{file}\"\n");

        relay.Launch();
        await relay.WaitForExitAsync();

        Assert.Equal(78, relay.ExitCode);
        Assert.Contains(file, relay.Output, StringComparison.Ordinal);
        AssertNoStackTrace(relay);
    }

    [Theory]
    [InlineData("qeue", "list")]
    [InlineData("queue", "lst")]
    [InlineData("status", "--jsn")]
    public async Task A_mistyped_command_is_answered_with_what_there_is(string first, string second)
    {
        await using var relay = new RelayProcess();
        relay.Configure();

        var (exitCode, output) = await relay.RunAsync(first, second);

        Assert.Equal(64, exitCode);
        Assert.StartsWith("relay: ", output, StringComparison.Ordinal);
    }

    private static string[] OpenFiles(int processId) =>
        [.. new DirectoryInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/fd")).GetFileSystemInfos().Select(file => file.LinkTarget ?? "")];

    private static void AssertNoStackTrace(RelayProcess relay) => Assert.DoesNotContain("   at ", relay.Output, StringComparison.Ordinal);
}
