using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Dns;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Domains;

internal static class DomainRegistration
{
    /// <summary>Expected from elsewhere: <see cref="IDomainStore"/>, senders, <see cref="IZoneResolver"/>, <see cref="IRecordAdvisor"/>, options, a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddDomains(this IServiceCollection services)
    {
        services.AddSingleton(provider => new SenderDomains(
            provider.GetRequiredService<IDomainStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ISenderDomains>(provider => provider.GetRequiredService<SenderDomains>());
        services.AddSingleton<IDomainHolders>(provider => provider.GetRequiredService<SenderDomains>());
        services.AddSingleton<IBounceHosts>(provider => new BounceHosts(provider.GetRequiredService<SenderDomains>()));
        services.AddSingleton<DomainNotices>();
        services.AddSingleton(provider => new DomainChecks(
            provider.GetRequiredService<IDomainStore>(),
            new DomainProver(provider.GetRequiredService<IZoneResolver>(), provider.GetRequiredService<PlatformOptions>()),
            provider.GetRequiredService<IRecordAdvisor>(),
            provider.GetRequiredService<SenderDomains>(),
            provider.GetRequiredService<DkimKeys>(),
            provider.GetRequiredService<DomainNotices>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DomainChecks>>()));
        services.AddSingleton<DomainVerifier>();
        services.AddSingleton(provider => new DomainService(
            provider.GetRequiredService<IDomainStore>(),
            provider.GetRequiredService<DkimKeys>(),
            provider.GetRequiredService<SenderDomains>(),
            provider.GetRequiredService<DomainVerifier>(),
            provider.GetRequiredService<IAuditStore>(),
            provider.GetRequiredService<DomainNotices>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<DomainEndpoints>();
        return services;
    }

    /// <summary>What works in the background while the server serves.</summary>
    public static IServiceCollection AddDomainWork(this IServiceCollection services) =>
        services.AddHostedService(provider => provider.GetRequiredService<DomainVerifier>());
}
