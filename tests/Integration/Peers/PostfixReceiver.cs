using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>Postfix as the destination of one domain: its own configuration, queue and mailboxes in a scratch folder, STARTTLS offered.</summary>
public sealed class PostfixReceiver : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private RunningProgram? _master;

    private string ConfigFolder => _folder.File("etc");

    /// <summary>Readable by everybody; for what its services run.</summary>
    public string Folder => _folder.Path;

    /// <summary>What it has logged so far.</summary>
    public string Log => SharedFile.ReadText(_folder.File("queue", "log"));

    /// <summary>Starts it; needs root, as Postfix does.</summary>
    /// <param name="more">Further lines of main.cf.</param>
    /// <param name="services">Further lines of master.cf.</param>
    public async Task StartAsync(string domain, string address, int port, string more = "", string services = "")
    {
        Directory.CreateDirectory(ConfigFolder);
        Directory.CreateDirectory(_folder.File("queue"));
        Directory.CreateDirectory(_folder.File("data"));
        Directory.CreateDirectory(_folder.File("mail"));
        await WriteConfigurationAsync(domain, address, port, more);
        await File.WriteAllTextAsync(_folder.File("etc", "master.cf"), PostfixServices.At(address, port) + services);
        await RunOrThrowAsync("chown", "postfix", _folder.File("data"));
        await RunOrThrowAsync("chown", "-R", "nobody:nogroup", _folder.File("mail"));
        await RunOrThrowAsync("chmod", "755", _folder.Path);
        await RunOrThrowAsync(PeerFactAttribute.FindExecutable("postfix")!, "-c", ConfigFolder, "check");
        _master = RunningProgram.Start(PeerFactAttribute.FindExecutable("postfix")!, ["-c", ConfigFolder, "start-fg"]);
        await Poll.UntilAsync("Postfix answers; it printed: " + _master.Output, () => TcpProbe.AnswersAsync(address, port));
    }

    /// <summary>Messages in the mailbox of a user, bytes as Postfix delivered them (LF line ends, Return-Path and trace fields on top).</summary>
    public IReadOnlyList<byte[]> Messages(string user)
    {
        var folder = _folder.File("mail", user, "new");
        return Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)] : [];
    }

    /// <summary>Hands it a message on its own host, with a null reverse-path.</summary>
    /// <param name="content">With any line ends.</param>
    public async Task SendmailAsync(string recipient, string content)
    {
        var file = _folder.File("sendmail.eml");
        await File.WriteAllTextAsync(file, content.ReplaceLineEndings("\n"));
        await RunOrThrowAsync("sh", "-c", "exec \"$0\" -C \"$1\" -f '<>' \"$2\" < \"$3\"", PeerFactAttribute.FindExecutable("sendmail")!, ConfigFolder, recipient, file);
    }

    public async ValueTask DisposeAsync()
    {
        if (_master is not null)
        {
            await RunningProgram.RunAsync(PeerFactAttribute.FindExecutable("postfix")!, ["-c", ConfigFolder, "stop"]);
            await _master.DisposeAsync();
        }

        _folder.Dispose();
    }

    private static async Task RunOrThrowAsync(string program, params IReadOnlyList<string> arguments)
    {
        var (exitCode, output) = await RunningProgram.RunAsync(program, arguments);
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed: {output}");
        }
    }

    private async Task WriteConfigurationAsync(string domain, string address, int port, string more)
    {
        var key = _folder.File("etc", "tls.pem");
        await RunOrThrowAsync(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key + ".key", "-out", key,
            "-days", "2", "-subj", "/CN=mx." + domain);
        await File.WriteAllTextAsync(
            _folder.File("etc", "main.cf"),
            $"""
            compatibility_level = 3.6
            queue_directory = {_folder.File("queue")}
            data_directory = {_folder.File("data")}
            command_directory = /usr/sbin
            daemon_directory = /usr/lib/postfix/sbin
            mail_owner = postfix
            setgid_group = postdrop
            myhostname = mx.{domain}
            mydestination =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            mynetworks = 127.0.0.0/8
            virtual_mailbox_domains = {domain}
            virtual_mailbox_base = {_folder.File("mail")}
            virtual_mailbox_maps = static:user/
            virtual_uid_maps = static:65534
            virtual_gid_maps = static:65534
            virtual_minimum_uid = 100
            smtpd_tls_security_level = may
            smtpd_tls_cert_file = {key}
            smtpd_tls_key_file = {key}.key
            smtpd_tls_loglevel = 1
            smtpd_recipient_restrictions = check_recipient_access inline:{"{"}{"{"}refused@{domain}=550 5.1.1 no such user{"}"}, {"{"}refused-mixed@{domain}=550 5.1.1 no such user{"}"}, {"{"}later@{domain}=451 4.2.0 try later{"}"}, {"{"}later-mixed@{domain}=451 4.2.0 try later{"}"}{"}"}, permit_mynetworks, reject
            maillog_file = {_folder.File("queue", "log")}
            maillog_file_prefixes = /tmp, /var, {_folder.Path}
            smtputf8_enable = yes
            message_size_limit = 52428800
            mailbox_size_limit = 0
            virtual_mailbox_limit = 0
            {more}
            """);
    }
}
