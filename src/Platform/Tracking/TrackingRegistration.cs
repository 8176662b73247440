using Microsoft.Extensions.DependencyInjection;
using Relay.Platform.Public;
using Relay.Queue;

namespace Relay.Platform.Tracking;

public static class TrackingRegistration
{
    /// <summary>Expected from elsewhere: the key ring, the event outbox, <see cref="PlatformOptions"/>, a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddTracking(this IServiceCollection services)
    {
        services.AddSingleton<TrackingTokens>();
        services.AddSingleton<ILinkTracker, LinkTracker>();
        services.AddSingleton<RecentDeliveries>();
        services.AddSingleton<IEventObserver>(provider => provider.GetRequiredService<RecentDeliveries>());
        services.AddSingleton<MachineGuess>();
        services.AddSingleton<VisitRecorder>();
        services.AddSingleton<ClientRates>();
        services.AddSingleton<TrackingEndpoints>();
        return services;
    }

    /// <summary>What works in the background while the server serves.</summary>
    public static IServiceCollection AddTrackingWork(this IServiceCollection services) =>
        services.AddHostedService(provider => provider.GetRequiredService<VisitRecorder>());
}
