namespace Relay.Bench.Load;

/// <summary>Postfix with opendkim as milter, tuned for throughput, its default durability kept; queue and settings in the run's folder.</summary>
/// <param name="acceptsOnly">Without signing, and what was accepted is discarded.</param>
/// <param name="holds">It stays in the queue instead.</param>
internal sealed class PostfixServer(bool acceptsOnly = false, bool holds = false) : IMailServer
{
    private string? _configuration;
    private Daemon? _signer;
    private Daemon? _master;

    public string Name => acceptsOnly ? "Postfix" : "Postfix + opendkim";

    public bool HasTls => acceptsOnly;

    public IReadOnlyList<int> Processes => _signer is null ? [_master!.Id] : [_master!.Id, _signer.Id];

    public async Task StartAsync(string folder)
    {
        _configuration = Path.Combine(folder, "etc");
        var socket = Path.Combine(folder, "opendkim.sock");
        Directory.CreateDirectory(_configuration);
        Directory.CreateDirectory(Path.Combine(folder, "queue"));
        Directory.CreateDirectory(Path.Combine(folder, "state"));
        await WriteConfigurationAsync(folder, socket);
        if (acceptsOnly)
        {
            var (certificate, key) = await TlsFiles.WriteAsync(folder);
            await File.AppendAllTextAsync(
                Path.Combine(_configuration, "main.cf"),
                $"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {certificate}\nsmtpd_tls_key_file = {key}\n");
        }

        await Daemon.RunAsync("chmod", "755", folder);
        await Daemon.RunAsync("chown", "postfix", Path.Combine(folder, "state"));
        if (!acceptsOnly)
        {
            await StartSignerAsync(folder, socket);
        }

        _master = Daemon.Start(Path.Combine(folder, "postfix.log"), "/usr/sbin/postfix", "-c", _configuration, "start-fg");
        await Door.WaitAsync(_signer is null ? [_master] : [_signer, _master]);
    }

    private async Task StartSignerAsync(string folder, string socket)
    {
        _signer = Daemon.Start(Path.Combine(folder, "opendkim.log"), "/usr/sbin/opendkim", "-f", "-x", Path.Combine(_configuration!, "opendkim.conf"));
        while (!File.Exists(socket))
        {
            _signer.ThrowIfEnded();
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_master is not null)
        {
            await Daemon.RunAsync("/usr/sbin/postfix", "-c", _configuration!, "stop");
            await _master.DisposeAsync();
        }

        if (_signer is not null)
        {
            await _signer.DisposeAsync();
        }
    }

    private async Task WriteConfigurationAsync(string folder, string socket)
    {
        await File.WriteAllTextAsync(
            Path.Combine(_configuration!, "opendkim.conf"),
            $"""
            Mode s
            Domain example.com
            Selector r1
            KeyFile {SigningKeys.WriteRsa(folder)}
            Canonicalization relaxed/relaxed
            InternalHosts 127.0.0.0/8
            RequireSafeKeys no
            Socket local:{socket}
            UMask 000
            Syslog no

            """);
        await File.WriteAllTextAsync(
            Path.Combine(_configuration!, "main.cf"),
            $"""
            compatibility_level = 3.6
            queue_directory = {Path.Combine(folder, "queue")}
            data_directory = {Path.Combine(folder, "state")}
            command_directory = /usr/sbin
            daemon_directory = /usr/lib/postfix/sbin
            mail_owner = postfix
            setgid_group = postdrop
            myhostname = relay.example.com
            mydestination =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            mynetworks = 127.0.0.0/8
            maillog_file = {Path.Combine(folder, "mail.log")}
            maillog_file_prefixes = {folder}
            alias_maps =
            in_flow_delay = 0
            default_process_limit = {(acceptsOnly ? 250 : 100)}
            default_destination_concurrency_limit = 20
            initial_destination_concurrency = 10
            smtp_connection_cache_destinations = static:all
            smtp_connection_reuse_count_limit = 0
            qmgr_message_active_limit = 40000
            qmgr_message_recipient_limit = 40000
            smtpd_peername_lookup = no
            {(acceptsOnly ? "default_transport = discard:" : $"smtpd_milters = unix:{socket}")}
            milter_default_action = accept
            smtpd_sender_restrictions = {(holds ? "check_sender_access static:HOLD" : string.Empty)}
            smtpd_client_connection_count_limit = 0
            message_size_limit = 20480000

            """);
        await File.WriteAllTextAsync(
            Path.Combine(_configuration!, "master.cf"),
            """
            127.0.0.1:2525 inet n - n - - smtpd
            postlog unix-dgram n - n - 1 postlogd
            pickup unix n - n 60 1 pickup
            cleanup unix n - n - 0 cleanup
            qmgr unix n - n 300 1 qmgr
            tlsmgr unix - - n 1000? 1 tlsmgr
            rewrite unix - - n - - trivial-rewrite
            bounce unix - - n - 0 bounce
            defer unix - - n - 0 bounce
            trace unix - - n - 0 bounce
            verify unix - - n - 1 verify
            flush unix n - n 1000? 0 flush
            proxymap unix - - n - - proxymap
            error unix - - n - - error
            retry unix - - n - - error
            anvil unix - - n - 1 anvil
            scache unix - - n - 1 scache
            smtp unix - - n - - smtp
            discard unix - - n - - discard

            """);
    }
}
