using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Relay.Platform.Jobs;
using Relay.Queue;

namespace Relay.Platform.Analytics;

public static class AnalyticsRegistration
{
    /// <summary>Expected from elsewhere: the stores of counts, events and jobs, <see cref="JobFiles"/>; those of domains.</summary>
    public static IServiceCollection AddAnalytics(this IServiceCollection services)
    {
        services.TryAddSingleton<IDomainNames, StoredDomainNames>();
        services.AddSingleton<IEventObserver, AnalyticsObserver>();
        services.AddSingleton<AnalyticsFilter>();
        services.AddSingleton<SeriesReader>();
        services.AddSingleton<AnalyticsEndpoints>();
        services.AddSingleton<JobSignals>();
        services.AddSingleton<JobService>();
        services.AddSingleton<JobEndpoints>();
        services.AddSingleton<ExportEndpoints>();
        services.AddSingleton<IJobKind, EventExport>();
        services.AddSingleton<IJobKind, SeriesExport>();
        return services;
    }

    /// <summary>What works in the background while the server serves.</summary>
    public static IServiceCollection AddAnalyticsWork(this IServiceCollection services)
    {
        services.AddHostedService<AnalyticsUpkeep>();
        services.AddHostedService<JobRunner>();
        return services;
    }
}
