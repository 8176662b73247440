using System.Globalization;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>OpenSMTPD as the destination of one domain, from the copy the test command unpacked.</summary>
/// <remarks>
/// Its folders and users are compiled in. It runs in a mount namespace of its own, where they are laid over those of the system: the machine
/// itself is left as it is.
/// </remarks>
public sealed class OpenSmtpdReceiver : IAsyncDisposable
{
    private const string Start = """
        set -e
        package=$1 folder=$2
        for place in /var/spool /var/lib /run; do mount -t tmpfs tmpfs $place; done
        mkdir -p /usr/libexec
        mount -t tmpfs tmpfs /usr/libexec
        cp -r "$package/usr/libexec/opensmtpd" /usr/libexec/
        mkdir -p -m 711 /var/spool/smtpd /var/lib/opensmtpd/empty
        cp /etc/passwd "$folder/passwd"
        cp /etc/group "$folder/group"
        number=64990
        for name in opensmtpd opensmtpq; do
            echo "$name:x:$number:$number::/var/lib/opensmtpd/empty:/usr/sbin/nologin" >>"$folder/passwd"
            echo "$name:x:$number:" >>"$folder/group"
            number=$((number + 1))
        done
        mount --bind "$folder/passwd" /etc/passwd
        mount --bind "$folder/group" /etc/group
        exec "$package/usr/sbin/smtpd" -d -f "$folder/smtpd.conf"
        """;

    private static readonly string Package = Path.Combine(TestData.Root, "artifacts", "opensmtpd");

    private readonly TemporaryFolder _folder = new();
    private RunningProgram? _daemon;

    /// <summary>False where the copy or the means to run it are missing.</summary>
    public static bool IsPossible { get; } =
        Environment.UserName == "root" && File.Exists(Path.Combine(Package, "usr", "sbin", "smtpd")) && PeerFactAttribute.FindExecutable("unshare") is not null;

    /// <param name="smarthostPort">Where on 127.0.0.1 mail for all other domains goes; null takes none.</param>
    public async Task StartAsync(string domain, string address, int port, int? smarthostPort = null)
    {
        await File.WriteAllTextAsync(_folder.File("smtpd.conf"), Configuration(domain, address, port, smarthostPort));
        await File.WriteAllTextAsync(_folder.File("start"), Start);
        var (exitCode, output) = await RunningProgram.RunAsync("/bin/sh", ["-c", $"chmod 755 {_folder.Path}; mkdir -m 777 {_folder.File("mail")}"]);
        if (exitCode != 0)
        {
            throw new InvalidOperationException(output);
        }

        _daemon = RunningProgram.Start(
            PeerFactAttribute.FindExecutable("unshare")!, ["-m", "--propagation", "private", "/bin/sh", _folder.File("start"), Package, _folder.Path]);
        await Poll.UntilAsync("OpenSMTPD answers; it printed: " + _daemon.Output, () => TcpProbe.AnswersAsync(address, port));
    }

    public IReadOnlyList<byte[]> Messages(string user)
    {
        var folder = _folder.File("mail", user, "new");
        return Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)] : [];
    }

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null)
        {
            await _daemon.DisposeAsync();
        }

        _folder.Dispose();
    }

    private string Configuration(string domain, string address, int port, int? smarthostPort) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        table catchall { "@" = "nobody" }
        smtp max-message-size 50M
        listen on {{address}} port {{port}} hostname "mx.{{domain}}"
        action "in" maildir "{{_folder.File("mail", "user")}}" virtual <catchall>
        match from any for domain "{{domain}}" action "in"
        {{(smarthostPort is null ? "" : $"action \"out\" relay host \"smtp://127.0.0.1:{smarthostPort}\"\nmatch from any for any action \"out\"")}}

        """);
}
