using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Admin;
using Relay.Platform.Domains;
using Relay.Platform.Emails;
using Relay.Platform.Quotas;
using Relay.Queue;
using Relay.Senders;
using Relay.Smtp;
using Relay.Smtp.Server;

namespace Relay;

/// <summary>The SMTP doors of the configuration, one handler each.</summary>
internal sealed class SmtpListeners : IHostedLifecycleService
{
    private const UnixFileMode EverybodyMayConnect =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly List<(string Name, ListenerSection Options, SmtpConnectionHandler Handler)> _listeners = [];

    private readonly RelayOptions _options;

    public SmtpListeners(
        RelayOptions options,
        CertificateStore certificates,
        LocalMailboxes local,
        BouncePolicy bounces,
        ReceivedDomains received,
        IEnumerable<IOwnMail> own,
        CredentialCheck credentials,
        IEmailQuota quota,
        MessageIntake intake,
        SubmissionIntake submissions,
        ISuppressionStore suppressions,
        IDomainHolders holders,
        SmtpMetrics metrics,
        TimeProvider time,
        ILogger<SmtpConnectionHandler> log,
        ILogger<SubmissionPolicy> policyLog)
    {
        _options = options;
        var localRules = new ListenerSection().ToSubmissionRules("maildrop", options);
        var localPolicy = new SubmissionPolicy(localRules, own.ToList(), credentials, quota, intake, suppressions, policyLog, holders);
        Local = new IntakeSink(intake, submissions, local, bounces, received, localPolicy, new ListenerSection().ToFixUps(options.Submission), time);
        foreach (var (name, listener) in options.Listener)
        {
            var policy = new SubmissionPolicy(listener.ToSubmissionRules(name, options), own.ToList(), credentials, quota, intake, suppressions, policyLog, holders);
            var server = new SmtpServerOptions
            {
                Listener = name,
                Hostname = options.Hostname.Ascii,
                Tls = listener.Tls,
                TlsOptions = listener.Tls == SmtpTlsMode.None ? null : () => certificates.Current,
                TlsOptionsFor = certificates.For,
                ClientCertificates = () => listener.ClientCertificates == ClientCertificateMode.Off
                    ? null
                    : new ClientCertificateRules(listener.ClientCertificates == ClientCertificateMode.Require, certificates.IssuersOf(listener.ClientIssuers)),
                IsProxy = address => listener.ProxyNetworks.Any(network => network.Contains(address)),
                RequiresAuthentication = listener.Auth == ListenerAuthentication.Required,
                AuthenticationExempt = policy.IsExempt,
                Limits = listener.ToLimits(),
                Extensions = listener.ToExtensions(),
            };
            server = PeerNetwork.Apply(server, options.ToNetworks(name));
            var sink = new IntakeSink(intake, submissions, local, bounces, received, policy, listener.ToFixUps(options.Submission), time);
            _listeners.Add((name, listener, new SmtpConnectionHandler(server, policy, sink, time, metrics, log)));
        }
    }

    /// <summary>Takes messages of this machine's own programs, completed and cleaned as [submission] says.</summary>
    public IMessageSink Local { get; }

    public void Bind(KestrelServerOptions kestrel)
    {
        foreach (var (_, listener, handler) in _listeners)
        {
            if (listener.Socket is { } socket)
            {
                // What is left of a server that was killed would keep this one from binding.
                File.Delete(socket);
                kestrel.ListenUnixSocket(socket, endpoint => endpoint.Run(handler.OnConnectedAsync));
                continue;
            }

            kestrel.Listen(listener.Endpoint, endpoint => endpoint.Run(handler.OnConnectedAsync));
        }
    }

    public IReadOnlyList<ListenerStatus> Status() =>
    [
        .. _listeners.Select(l => new ListenerStatus(
            l.Name,
            l.Options.Place,
            l.Options.Tls.ToString().ToLowerInvariant(),
            l.Options.Auth.ToString().ToLowerInvariant(),
            ListenerAccess.Describe(l.Name, _options),
            l.Handler.ActiveSessions)),
    ];

    /// <summary>No new transactions; those in flight may end (Kestrel waits for them within the grace period).</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        foreach (var (_, _, handler) in _listeners)
        {
            handler.BeginStop();
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Every program may use a socket that it can reach; its folder says which can.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsWindows())
        {
            foreach (var socket in _listeners.Select(listener => listener.Options.Socket).OfType<string>())
            {
                File.SetUnixFileMode(socket, EverybodyMayConnect);
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
