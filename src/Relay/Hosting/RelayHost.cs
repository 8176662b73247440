using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Admin;
using Relay.Delivery;
using Relay.Dns;
using Relay.Platform;
using Relay.Platform.Privacy;
using Relay.Platform.Webhooks;
using Relay.Queue;
using Relay.Senders;
using Relay.Storage;

namespace Relay;

/// <summary>Builds the server from its configuration, top to bottom; the only place that knows every project.</summary>
/// <remarks>
/// 1. Stores: the data folder's lock, databases, recovery. 2. Secrets: key ring, certificate, first admin token.
/// 3. Services: resolver, senders, intake, delivery, listeners, admin API. 4. Doors open last, when everything behind them stands.
/// </remarks>
internal static class RelayHost
{
    private static readonly TimeSpan StopSlack = TimeSpan.FromSeconds(5);

    /// <exception cref="OperatorException">Something the operator can mend keeps the server from starting.</exception>
    public static Task<RelayServer> StartAsync(LoadedConfiguration configuration, bool isSandbox, TimeProvider time, CancellationToken cancellationToken) =>
        StartAsync(configuration, isServing: true, isSandbox, time, cancellationToken);

    /// <summary>Only stores and admin API on the local socket, for a command that found no server; quiet.</summary>
    public static async Task<IAsyncDisposable> StartOfflineAsync(LoadedConfiguration configuration, CancellationToken cancellationToken) =>
        await StartAsync(configuration, isServing: false, isSandbox: false, TimeProvider.System, cancellationToken);

    private static async Task<RelayServer> StartAsync(
        LoadedConfiguration configuration, bool isServing, bool isSandbox, TimeProvider time, CancellationToken cancellationToken)
    {
        var options = configuration.Options;
        var live = new LiveParts(options);
        using var startLog = LoggerFactory.Create(logging => LogSetup.Apply(logging, options.Log, isServing));
        var stores = await OpenStoresAsync(options, live.Retention, startLog, time, cancellationToken);
        try
        {
            if (isServing)
            {
                EndpointCheck.Run(options);
                EnsureSecondThread();
            }

            var secrets = await ServerSecrets.OpenAsync(options, stores, time, cancellationToken);
            var socketPath = AdminSocket.PathFor(options.Data);
            var application = Build(configuration, live, stores, secrets, socketPath, isServing, isSandbox, time);
            await application.Services.GetRequiredService<DkimKeys>().FindUnopenableAsync(cancellationToken);
            await OpenDoorsAsync(application, options, socketPath, cancellationToken);
            return new RelayServer(application, stores, socketPath, isSandbox, secrets.FirstToken);
        }
        catch
        {
            await stores.DisposeAsync();
            throw;
        }
    }

    // Who hands in mail may write it himself and then waits for the disk (SqliteWriter): where there is one processor the pool would have nobody else for half a second.
    private static void EnsureSecondThread()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, 2), completions);
    }

    private static async Task<RelayStores> OpenStoresAsync(
        RelayOptions options, RetentionOptions retention, ILoggerFactory log, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await RelayStores.OpenAsync(options.ToStorage(retention), time, log, cancellationToken);
        }
        catch (StoreUnavailableException trouble)
        {
            throw new OperatorException(trouble.Message, ExitCodes.CannotCreate, trouble);
        }
    }

    private static WebApplication Build(
        LoadedConfiguration configuration, LiveParts live, RelayStores stores, ServerSecrets secrets, string socketPath, bool isServing, bool isSandbox, TimeProvider time)
    {
        var options = configuration.Options;
        var builder = WebHostBuilder.New();
        LogSetup.Apply(builder.Logging, options.Log, isServing, () => live.LogLevel);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Service.StopGrace + StopSlack);
        // Ctrl+C and SIGTERM end the host; its own start and stop lines say nothing an operator needs.
        builder.Services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);

        builder.Services.AddSingleton(time);
        AddStores(builder.Services, stores);
        AddSenders(builder.Services, configuration, live, secrets);
        builder.Services.AddSingleton<Relay.Dkim.IDkimKeyLookup, DnsKeyLookup>();
        builder.Services.AddDns(options.Dns.ToResolver(), options.ToTargetPolicy());
        builder.Services.AddRelayDelivery(live.Of(options.ToDelivery(isSandbox)), isServing);
        builder.Services.AddSingleton(live.Of(options.ToIntake()));
        builder.Services.AddSingleton<QueueBound>();
        builder.Services.AddSingleton(options.ToBrake());
        builder.Services.AddSingleton(options.ToCompliance());
        builder.Services.AddSingleton<IMessageGate, ComplianceDoor>();
        builder.Services.AddSingleton<MessageIntake>();
        builder.Services.AddPlatform(live.Of(options.ToPlatform()), options.ToCampaigns());
        builder.Services.AddAdmin();
        builder.Services.AddSingleton(live);
        builder.Services.AddSingleton<ProcessMetrics>();
        builder.Services.AddSingleton(configuration);
        builder.Services.AddSingleton(stores);
        builder.Services.AddSingleton<IBackup, BackupService>();
        builder.Services.AddSingleton<ConfigurationControl>();
        builder.Services.AddSingleton<IConfigurationControl>(services => services.GetRequiredService<ConfigurationControl>());
        builder.Services.AddSingleton<IServerStatus>(services => new ServerStatus(
            () => services.GetRequiredService<ConfigurationControl>().Current, isServing, isSandbox, time.GetUtcNow(), () => services.GetRequiredService<SmtpListeners>().Status(),
            () => services.GetRequiredService<IPlatformNotices>().Notices, services.GetService<CertificateStore>()));
        if (isServing)
        {
            AddServing(builder.Services, options, live, secrets);
        }
        else
        {
            builder.Services.AddSingleton<IHostLifetime, CommandLifetime>();
        }

        builder.Services.Configure<SocketTransportOptions>(sockets =>
        {
            // Replies and commands go between socket and session without a change of thread: nothing in a session blocks.
            sockets.UnsafePreferInlineScheduling = true;

            // One system call less per command, at the price of 4 KB for each idle connection, which the limits bound.
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        builder.Services.Configure<KestrelServerOptions>(kestrel => Bind(kestrel, options, socketPath, isServing));
        var application = builder.Build();
        application.Services.GetRequiredService<ProcessMetrics>();
        HttpListeners.UseTrustedProxies(application, options);
        application.UseRouting();
        if (isServing && options.Telemetry.Endpoint is not null)
        {
            application.Use(OtlpExport.NameSpanAsync);
        }

        application.UseDoorGuard();
        application.MapPlatform();
        application.MapAdmin();
        return application;
    }

    private static void AddStores(IServiceCollection services, RelayStores stores)
    {
        services.AddSingleton(stores.Queue);
        services.AddSingleton(stores.Outbox);
        services.AddSingleton(stores.LateOutcomes);
        services.AddSingleton(stores.AggregateReports);
        services.AddSingleton<ITokenKeys>(provider => new RingTokenKeys(provider.GetRequiredService<KeyRing>()));
        services.AddSingleton(provider => new ReturnPathCodec(provider.GetRequiredService<ITokenKeys>()));
        services.AddSingleton<FeedbackIdCodec>();
        services.AddSingleton(stores.QueueAges);
        services.AddSingleton(stores.FinishedMail);
        services.AddSingleton(stores.Handoffs);
        services.AddSingleton(stores.Spool);
        services.AddSingleton(stores.Events);
        services.AddSingleton(stores.EventCounts);
        services.AddSingleton<IEventObserver>(provider => new FeedingObserver(stores.HistoryObserver, provider.GetServices<IEventFollower>()));
        services.AddSingleton<ISuppressionStore>(provider => new ErasedSuppressions(stores.Suppressions, provider.GetRequiredService<AddressHasher>()));
        services.AddSingleton(stores.Credentials);
        services.AddSingleton(stores.DkimKeys);
        services.AddSingleton(stores.Audit);
        services.AddSingleton(stores.Accounts);
        services.AddSingleton(stores.Domains);
        services.AddSingleton(stores.EmailCounts);
        services.AddSingleton(stores.Emails);
        services.AddSingleton(stores.Webhooks);
        services.AddSingleton(stores.WebhookDeliveries);
        services.AddSingleton(stores.Analytics);
        services.AddSingleton(stores.AccountEvents);
        services.AddSingleton(stores.Jobs);
        services.AddSingleton(stores.ShapingDecisions);
        services.AddSingleton(stores.Warmup);
        services.AddSingleton(stores.Brakes);
        services.AddSingleton(stores.JobFiles);
        services.AddSingleton(stores.Templates);
        services.AddSingleton(stores.Notices);
        services.AddSingleton(stores.Campaigns);
        services.AddSingleton(stores.PausedCampaigns);
        services.AddSingleton(stores.Contacts);
        services.AddSingleton(stores.ContactImports);
        services.AddSingleton(stores.OpenMail);
        foreach (var erasable in stores.Erasables)
        {
            services.AddSingleton(erasable);
        }
        services.AddSingleton(stores.TlsPolicies);
        services.AddSingleton(stores.Budgets);
        services.AddSingleton(stores.DownPaths);
        services.AddSingleton(stores.TlsReports);
        services.AddSingleton(stores.OperatorSuspensions);
    }

    private static void AddSenders(IServiceCollection services, LoadedConfiguration configuration, LiveParts live, ServerSecrets secrets)
    {
        services.AddSingleton(secrets.KeyRing);
        services.AddSingleton(live.DkimRotation);
        services.AddSenders(keyFiles: configuration.Options.Dkim.ToDkimKeyFiles());
        services.AddSingleton<ITokenFile>(provider => new TokenFile(configuration.Options.Admin.TokenFile, provider.GetRequiredService<AdminTokens>()));
        if (!configuration.Options.Dkim.Enabled)
        {
            services.AddSingleton<IDkimKeySource, NoDkimKeys>();
        }
    }

    // Services stop in reverse order: doors first, then retention and events.
    private static void AddServing(IServiceCollection services, RelayOptions options, LiveParts live, ServerSecrets secrets)
    {
        services.AddSingleton(secrets.Certificates);
        services.AddSingleton(new LocalMailboxes([options.Hostname, .. options.Local.Domains], options.Local.Postmaster));
        services.AddSingleton<IOwnMail>(provider => provider.GetRequiredService<LocalMailboxes>());
        services.AddSingleton(provider => new BouncePolicy(
            provider.GetRequiredService<ReturnPathCodec>(), options.Local.Reports, provider.GetRequiredService<IBounceHosts>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IOwnMail>(provider => provider.GetRequiredService<BouncePolicy>());
        services.AddSingleton(live.Of(options.ToReceivedDomains()));
        services.AddSingleton<IOwnMail>(provider => provider.GetRequiredService<ReceivedDomains>());
        services.AddSingleton<IReceivingDomains>(provider => provider.GetRequiredService<ReceivedDomains>());
        services.AddSingleton(options);
        services.AddSingleton<Smtp.SmtpMetrics>();
        services.AddSingleton<SmtpListeners>();
        services.AddSingleton(live.Retention);
        services.AddAlerts(() => live.Alerts);
        AddTelemetry(services, options);
        services.AddSingleton(options.ToSuppression());
        services.AddSingleton<IEventObserver, SuppressionObserver>();
        services.AddHostedService<EventPump>();
        services.AddHostedService(provider => provider.GetRequiredService<QueueBound>());
        services.AddHostedService<RetentionService>();
        services.AddHostedService(provider => provider.GetRequiredService<DkimRotation>());
        services.AddPlatformWork();
        services.AddHostedService(provider => provider.GetRequiredService<SmtpListeners>());
        services.AddSingleton<ReloadService>();
        services.AddHostedService(provider => provider.GetRequiredService<ReloadService>());
        services.AddHostedService(provider => new ConfigurationWatch(
            provider.GetRequiredService<ConfigurationControl>().File,
            () => live.WatchesFile,
            token => provider.GetRequiredService<ConfigurationControl>().IsTaken ? Task.CompletedTask : provider.GetRequiredService<ReloadService>().ReloadAsync("file watch", token),
            TimeProvider.System));
        services.AddHostedService<CertificateWatch>();
        services.AddHostedService(provider => new MaildropService(
            new Maildrop(options.Local.Maildrop),
            options.Listener.Values.Max(listener => listener.MaxMessageSize.Bytes),
            provider.GetRequiredService<SmtpListeners>().Local,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<MaildropService>>()));
        services.AddSingleton(provider => new SystemdNotifier(() => provider.GetRequiredService<IQueueStore>().Health.IsHealthy, provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(provider => provider.GetRequiredService<SystemdNotifier>());
    }

    private static void AddTelemetry(IServiceCollection services, RelayOptions options)
    {
        if (options.Log.EventFile is { } path)
        {
            services.AddSingleton<IEventFollower>(provider => new EventLogFile(
                path, options.Log.EventFileSize.Bytes, options.Log.EventFiles, provider.GetRequiredService<ILogger<EventLogFile>>()));
        }

        if (options.Telemetry.Endpoint is not null)
        {
            services.AddSingleton<IEventFollower, EventTraces>();
            services.AddSingleton(new OtlpExport(options.Telemetry, options.Hostname.Ascii));
            services.AddHostedService<OtlpService>();
        }
    }

    private static void Bind(KestrelServerOptions kestrel, RelayOptions options, string socketPath, bool isServing)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
        File.Delete(socketPath);
        kestrel.ListenUnixSocket(socketPath);
        if (!isServing)
        {
            return;
        }

        if (options.Admin.Enabled)
        {
            kestrel.Listen(options.Admin.Endpoint, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        }

        HttpListeners.Bind(kestrel, options);

        kestrel.ApplicationServices.GetRequiredService<SmtpListeners>().Bind(kestrel);
    }

    private static async Task OpenDoorsAsync(WebApplication application, RelayOptions options, string socketPath, CancellationToken cancellationToken)
    {
        try
        {
            await application.Services.GetRequiredService<DkimKeys>().ReloadAsync(cancellationToken);
            await application.Services.GetRequiredService<IBrakes>().LoadAsync(cancellationToken);
            await application.StartAsync(cancellationToken);
            AdminSocket.Protect(socketPath);
        }
        catch (IOException trouble) when (trouble.InnerException is AddressInUseException)
        {
            await application.DisposeAsync();
            throw new OperatorException(PortTaken(trouble.Message, options), ExitCodes.Unavailable, trouble);
        }
        catch (Exception trouble) when (trouble is IOException or System.Net.Sockets.SocketException or UnauthorizedAccessException)
        {
            await application.DisposeAsync();
            throw new OperatorException($"a listener could not be opened: {trouble.Message}", ExitCodes.Unavailable, trouble);
        }
    }

    private static string PortTaken(string message, RelayOptions options)
    {
        var endpoints = options.Listener.Select(l => (Key: $"[listener.{l.Key}] endpoint", l.Value.Endpoint)).Append((Key: "[admin] endpoint", options.Admin.Endpoint));
        endpoints = options.Api.Endpoint is { } api ? endpoints.Append((Key: "[api] endpoint", api)) : endpoints;
        endpoints = options.Public.Endpoint is { } recipients ? endpoints.Append((Key: "[public] endpoint", recipients)) : endpoints;
        var (key, endpoint) = endpoints.FirstOrDefault(e => message.Contains(e.Endpoint.ToString(), StringComparison.Ordinal));
        return key is null
            ? message
            : $"{endpoint} is taken by another program: stop it, or choose another {key} in the configuration";
    }
}
