using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Relay.Dns;

/// <summary>Puts the parts together.</summary>
public static class DnsServices
{
    /// <summary>A <see cref="StubResolver"/> behind a <see cref="DnsCache"/>.</summary>
    public static IDnsResolver CreateResolver(ResolverOptions options, TimeProvider time, ILogger<StubResolver>? logger = null) =>
        new DnsCache(new StubResolver(options, time, logger), options.CacheEntries, time);

    /// <summary>Adds <see cref="IDnsResolver"/>, <see cref="IZoneResolver"/>, <see cref="TargetPolicy"/> and <see cref="GuardedHttp"/>; needs a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddDns(this IServiceCollection services, ResolverOptions options, TargetPolicy policy)
    {
        services.AddSingleton(policy);
        services.AddSingleton(provider => CreateResolver(
            options,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<ILogger<StubResolver>>()));
        services.AddSingleton<IZoneResolver>(provider => new ZoneResolver(
            new StubResolver(options, provider.GetRequiredService<TimeProvider>(), provider.GetService<ILogger<StubResolver>>()),
            policy,
            options,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new GuardedHttp(
            provider.GetRequiredService<IDnsResolver>(),
            policy,
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
