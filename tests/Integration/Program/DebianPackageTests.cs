using System.Diagnostics;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>The Debian package, built from the program under test and installed into a root of its own.</summary>
public sealed class DebianPackageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Root => Path.Combine(_folder.Path, "root");

    public void Dispose() => _folder.Dispose();

    [PeerFact("dpkg", "dpkg-deb", NeedsRoot = true)]
    public async Task Installs_upgrades_and_purges_without_a_trace()
    {
        var package = (await RunAsync(Path.Combine(TestData.Root, "deploy", "deb", "build.sh"), _folder.Path, Path.GetDirectoryName(RelayProcess.Executable)!)).Trim();
        Directory.CreateDirectory(Path.Combine(Root, "var", "lib", "dpkg", "info"));
        Directory.CreateDirectory(Path.Combine(Root, "var", "lib", "dpkg", "updates"));
        await File.WriteAllTextAsync(Path.Combine(Root, "var", "lib", "dpkg", "status"), string.Empty);

        await DpkgAsync("--install", package);
        Assert.Contains("mail-transport-agent", await RunAsync("dpkg-deb", "--field", package, "Provides"), StringComparison.Ordinal);
        Assert.StartsWith("relay ", await RunAsync(Path.Combine(Root, "usr", "lib", "relay", "relay"), "version"), StringComparison.Ordinal);
        Assert.Contains("the configuration is valid", await RunAsync(Path.Combine(Root, "usr", "lib", "relay", "relay"), "check", "--config", Config), StringComparison.Ordinal);
        Assert.Equal("755", (await RunAsync("stat", "--format=%a", Path.Combine(Root, "usr", "bin", "mailq"))).Trim());
        Assert.DoesNotContain("/opt/relay", await File.ReadAllTextAsync(Path.Combine(Root, "lib", "systemd", "system", "relay.service")), StringComparison.Ordinal);
        Assert.Equal("700", (await RunAsync("stat", "--format=%a", Path.Combine(Root, "var", "lib", "relay"))).Trim());

        Assert.Equal("755", (await RunAsync("stat", "--format=%a", Spool)).Trim());

        // Who may not read the one is told by the other, and the server may write there.
        foreach (var file in new[] { Config, Path.Combine(Root, "etc", "relay", "sendmail.toml") })
        {
            Assert.Contains("\nmaildrop = \"/var/spool/relay/maildrop\"\n", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        }

        Assert.Equal(["640", "644"], (await RunAsync("stat", "--format=%a", Config, Path.Combine(Root, "etc", "relay", "sendmail.toml"))).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("\nReadWritePaths=-/var/spool/relay\n", await File.ReadAllTextAsync(Path.Combine(Root, "lib", "systemd", "system", "relay.service")), StringComparison.Ordinal);

        await File.AppendAllTextAsync(Config, "# mine\n");
        await DpkgAsync("--install", package);
        Assert.EndsWith("# mine\n", await File.ReadAllTextAsync(Config), StringComparison.Ordinal);

        await File.WriteAllTextAsync(Path.Combine(Root, "var", "lib", "relay", "relay.db"), "mail");
        await DpkgAsync("--remove", "relay");
        Assert.True(File.Exists(Config));
        Assert.True(File.Exists(Path.Combine(Root, "var", "lib", "relay", "relay.db")));
        await DpkgAsync("--purge", "relay");
        Assert.False(Directory.Exists(Spool));

        Assert.DoesNotContain(Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories), IsOfTheProgram);
    }

    private bool IsOfTheProgram(string file) =>
        !file.StartsWith(Path.Combine(Root, "var", "lib", "dpkg"), StringComparison.Ordinal) && !file.EndsWith("dpkg.log", StringComparison.Ordinal);

    private string Config => Path.Combine(Root, "etc", "relay", "relay.toml");

    private string Spool => Path.Combine(Root, "var", "spool", "relay");

    // Scripts run outside of the root, and see it in DPKG_ROOT; nothing of this machine is touched.
    private Task<string> DpkgAsync(string action, string what) =>
        RunAsync("dpkg", "--root=" + Root, "--force-script-chrootless", "--force-depends", "--force-confold", "--log=" + Path.Combine(_folder.Path, "dpkg.log"), action, what);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await output + await error);
        return await output;
    }
}
