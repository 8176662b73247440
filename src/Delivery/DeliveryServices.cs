using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Dns;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Delivery;

/// <summary>Puts the parts together.</summary>
public static class DeliveryServices
{
    // Beyond it the periodic look at the store finds them again.
    private const int MaxLanes = 50_000;

    /// <summary>Adds <see cref="IImmediateDispatch"/> and <see cref="IDeliveryStatus"/>, and runs the engine when serving.</summary>
    /// <param name="isServing">False: nothing is leased or sent; status and intake still work.</param>
    public static IServiceCollection AddRelayDelivery(this IServiceCollection services, DeliveryOptions options, bool isServing)
    {
        services.AddMetrics();
        services.AddSingleton(options);
        services.AddSingleton(Random.Shared);
        services.AddSingleton<AddressCheck>(provider => provider.GetRequiredService<TargetPolicy>().Allows);
        services.AddSingleton<DeliveryMetrics>();
        services.AddSingleton<OutboundMonitor>();
        services.AddSingleton(provider => new BackgroundTasks(provider.GetRequiredService<ILogger<BackgroundTasks>>()));

        services.AddSingleton<ILocalAddresses, LocalAddresses>();
        services.AddSingleton<OwnHost>();
        services.AddSingleton<FamilyMemory>();
        services.AddSingleton(provider => new MxResolver(
            provider.GetRequiredService<IDnsResolver>(),
            provider.GetRequiredService<AddressCheck>(),
            provider.GetRequiredService<OwnHost>(),
            options.Ipv6));
        services.AddSingleton<RouteRules>();
        services.AddSingleton<IQueueKeys>(provider => provider.GetRequiredService<RouteRules>());
        services.AddSingleton<ITokenEndpoint, TokenEndpoint>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<RouteResolver>();
        services.AddSingleton<IDeliveryReload, DeliveryReload>();
        services.AddSingleton<SourceMonitor>();
        services.AddSingleton<EgressPools>();
        services.AddSingleton<ReverseNameCheck>();
        services.AddSingleton<ReverseNameService>();
        services.AddSingleton<SourceReport>();
        services.AddSingleton<IRouteExplainer, RouteExplainer>();
        services.AddSingleton<Dispatcher>();
        services.AddSingleton<IImmediateDispatch>(provider => provider.GetRequiredService<Dispatcher>());
        services.AddSingleton<IPathControl, PathControl>();
        services.AddSingleton<DecisionLog>();
        services.AddSingleton<SiteReturns>();
        services.AddSingleton<DownPathFinder>();
        services.AddSingleton<WarmupGate>();
        services.AddSingleton<IPathBudgets>(provider => provider.GetRequiredService<WarmupGate>());
        services.AddSingleton<IWarmupStatus>(provider => provider.GetRequiredService<WarmupGate>());
        services.AddSingleton<SiteProber>();
        services.AddSingleton<Shaper>();
        services.AddSingleton<IShapingObserver>(provider => provider.GetRequiredService<Shaper>());
        services.AddSingleton<IShapingControl, ShapingControl>();

        services.AddSingleton<IPeerConnector, Dialer>();
        services.AddSingleton<ConnectionOpener>();
        services.AddSingleton<ConnectionPool>();
        services.AddSingleton<MessageSigner>();
        services.AddSingleton<TlsSessions>();
        services.AddSingleton<IMtaStsFetcher, HttpsMtaStsFetcher>();
        services.AddSingleton<MtaStsPolicies>();
        services.AddSingleton<DaneLookup>();
        services.AddSingleton<TlsPolicyResolver>();
        services.AddSingleton<Handoffs>();
        services.AddSingleton<HandoffRecovery>();
        services.AddSingleton<DeliveryAttempt>();
        services.AddSingleton<SuppressionGate>();
        services.AddSingleton<DomainLook>();
        services.AddSingleton<DomainChecker>();
        services.AddSingleton<IDomainChecker>(provider => provider.GetRequiredService<DomainChecker>());
        services.AddSingleton<IDomainFindings>(provider => provider.GetRequiredService<DomainChecker>());
        services.AddSingleton(provider => new MailHostCheck(
            provider.GetRequiredService<IZoneResolver>(), provider.GetRequiredService<IDnsResolver>(), options, provider.GetService<IReceivingDomains>()));
        services.AddSingleton<TlsReportCheck>();
        services.AddSingleton<MtaStsCheck>();
        services.AddSingleton<BimiCheck>();
        services.AddSingleton<IRecordAdvisor, RecordAdvisor>();
        services.AddSingleton<Brakes>();
        services.AddSingleton<IBrakes>(provider => provider.GetRequiredService<Brakes>());
        services.AddSingleton<IMessageGate>(provider => provider.GetRequiredService<Brakes>());
        services.AddSingleton<IHoldGate>(provider => provider.GetRequiredService<Brakes>());
        services.AddSingleton<IHoldGate, ComplianceGate>();
        services.AddSingleton<HoldGates>();
        services.AddSingleton<ReturnPaths>();
        services.AddSingleton<ReportMatcher>();
        services.AddSingleton<IReportReceiver, ReportReceiver>();
        services.AddSingleton<LocalDelivery>();
        services.AddSingleton<IReportDoor, IntakeReportDoor>();
        services.AddSingleton<IReportComposer, DeliveryStatusComposer>();
        services.AddSingleton<BounceWriter>();
        services.AddSingleton<OutcomeRecorder>();
        services.AddSingleton<SimulatedReactions>();
        services.AddSingleton<LeaseReturner>();
        services.AddSingleton<DeliveryWorker>();
        services.AddSingleton<BudgetKeeper>();
        services.AddSingleton<SuspensionControl>();
        services.AddSingleton<IOperatorSuspensions>(provider => provider.GetRequiredService<SuspensionControl>());
        services.AddSingleton<IDeliveryExplainer, DeliveryExplainer>();
        services.AddSingleton(provider => new DueLanes(MaxLanes, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<RouteLookups>();
        services.AddSingleton<LaneVisitor>();
        services.AddSingleton<DeliveryService>();
        services.AddSingleton<IDeliveryStatus>(provider => provider.GetRequiredService<DeliveryService>());
        if (isServing)
        {
            services.AddSingleton<IEventObserver, BrakeObserver>();
            services.AddHostedService<TlsSessionService>();
            // Before the engine: what was decided in an earlier run holds from the first connection on.
            services.AddHostedService<ShapingService>();
            services.AddHostedService<SiteReturnKeeper>();
            services.AddHostedService<WarmupService>();
            if (options.Warmup.Count > 0)
            {
                services.AddSingleton<IEventObserver, WarmupComplaints>();
            }

            services.AddHostedService<ReturnService>();
            services.AddHostedService(provider => provider.GetRequiredService<SiteProber>());
            services.AddHostedService(provider => provider.GetRequiredService<DeliveryService>());
            services.AddHostedService(provider => provider.GetRequiredService<ReverseNameService>());
        }
        else
        {
            services.AddHostedService<StoredState>();
        }

        return services;
    }
}
