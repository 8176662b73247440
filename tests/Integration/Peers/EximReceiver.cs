using System.Globalization;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>Exim as the destination of one domain, from the installed package or the copy the test command unpacked.</summary>
public sealed class EximReceiver : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private RunningProgram? _daemon;

    private static string Executable => PeerFactAttribute.FindExecutable("exim4")!;

    /// <param name="smarthostPort">Where on 127.0.0.1 mail for all other domains goes, over TLS; null takes none.</param>
    public async Task StartAsync(string domain, string address, int port, int? smarthostPort = null)
    {
        Directory.CreateDirectory(_folder.File("spool"));
        Directory.CreateDirectory(_folder.File("mail"));
        var configuration = _folder.File("exim.conf");
        await File.WriteAllTextAsync(configuration, Configuration(domain, address, port, smarthostPort));
        // Exim drops root for its own user, who must be able to write here and trust the file.
        var (exitCode, output) = await RunningProgram.RunAsync("/bin/sh", ["-c", $"chmod -R a+rX {_folder.Path}; chmod 777 {_folder.File("spool")} {_folder.File("mail")}; chown root {configuration}; chmod 644 {configuration}"]);
        if (exitCode != 0)
        {
            throw new InvalidOperationException(output);
        }

        _daemon = RunningProgram.Start(Executable, ["-C", configuration, "-bdf", "-q1m"]);
        await Poll.UntilAsync("Exim answers; it printed: " + _daemon.Output, () => TcpProbe.AnswersAsync(address, port));
    }

    public string Log => SharedFile.ReadText(_folder.File("spool", "log-main"));

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
        primary_hostname = mx.{{domain}}
        exim_user = nobody
        exim_group = nogroup
        exim_path = {{Executable}}
        never_users =
        deliver_drop_privilege
        spool_directory = {{_folder.File("spool")}}
        log_file_path = {{_folder.File("spool")}}/log-%s
        local_interfaces = {{address}}
        daemon_smtp_ports = {{port}}
        domainlist local_domains = {{domain}}
        acl_smtp_rcpt = check
        smtputf8_advertise_hosts = *
        tls_advertise_hosts =
        message_size_limit = 50M
        host_lookup =
        rfc1413_hosts =
        keep_environment =
        begin acl
        check:
          deny message = no such user
               local_parts = refused
          accept domains = +local_domains
          {{(smarthostPort is null ? "deny message = not here" : "accept")}}
        begin routers
        smarthost:
          driver = manualroute
          domains = ! +local_domains
          transport = smarthost
          route_list = * 127.0.0.1
          self = send
        local:
          driver = accept
          transport = maildir
        begin transports
        smarthost:
          driver = smtp
          port = {{smarthostPort ?? port}}
          hosts_require_tls = *
        maildir:
          driver = appendfile
          directory = {{_folder.File("mail", "user")}}
          create_directory
          maildir_format
          return_path_add
          user = nobody
          group = nogroup

        """);
}
