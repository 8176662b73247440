using Microsoft.Extensions.DependencyInjection;
using Relay.Queue;

namespace Relay.Platform.Campaigns;

internal static class CampaignRegistration
{
    /// <summary>Expected from elsewhere: e-mails, domains, templates, tracking, quotas, the audience and the store.</summary>
    public static void AddCampaigns(this IServiceCollection services)
    {
        services.AddSingleton<CampaignSignals>();
        services.AddSingleton<CampaignPaces>();
        services.AddSingleton<CampaignComposer>();
        services.AddSingleton<CampaignExpansion>();
        services.AddSingleton<CampaignActs>();
        services.AddSingleton<CampaignGuard>();
        services.AddSingleton<CampaignChecks>();
        services.AddSingleton<CampaignService>();
        services.AddSingleton<CampaignTrials>();
        services.AddSingleton<CampaignEndpoints>();
        services.AddSingleton<CampaignRunner>();
        services.AddSingleton<IEventObserver, CampaignFollower>();
    }

    /// <summary>What works in the background while the server serves.</summary>
    public static IServiceCollection AddCampaignWork(this IServiceCollection services) =>
        services.AddHostedService(provider => provider.GetRequiredService<CampaignRunner>());
}
