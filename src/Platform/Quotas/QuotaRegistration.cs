using Microsoft.Extensions.DependencyInjection;

namespace Relay.Platform.Quotas;

internal static class QuotaRegistration
{
    /// <summary>Expected from elsewhere: <see cref="IEmailCountStore"/>, domains, accounts, options, a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddQuotas(this IServiceCollection services)
    {
        services.AddSingleton<RequestLimiter>();
        services.AddSingleton<EmailQuota>();
        services.AddSingleton<IEmailQuota>(provider => provider.GetRequiredService<EmailQuota>());
        return services;
    }

    /// <summary>What works in the background while the server serves.</summary>
    public static IServiceCollection AddQuotaWork(this IServiceCollection services) => services.AddHostedService<EmailCountService>();
}
