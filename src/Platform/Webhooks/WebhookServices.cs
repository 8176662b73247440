using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Relay.Queue;

namespace Relay.Platform.Webhooks;

/// <summary>Puts the parts together.</summary>
public static class WebhookServices
{
    /// <summary>The observer, the publisher and what the API needs.</summary>
    internal static void AddWebhooks(this IServiceCollection services)
    {
        services.TryAddSingleton<PlatformMetrics>();
        services.AddSingleton<WebhookRegistry>();
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<WebhookSignals>();
        services.AddSingleton<WebhookBacklog>();
        services.AddSingleton<WebhookComposer>();
        services.AddSingleton<IEventObserver, WebhookObserver>();
        services.AddSingleton<IWebhookPublisher, WebhookPublisher>();
        services.AddSingleton<IWebhookSender, HttpWebhookSender>();
        services.AddSingleton<WebhookHealth>();
        services.AddSingleton<IPlatformNotices>(provider => provider.GetRequiredService<WebhookHealth>());
        services.AddSingleton<WebhookCaller>();
        services.AddSingleton<WebhookTargets>();
        services.AddSingleton<WebhookService>();
        services.AddSingleton<WebhookFieldsParser>();
        services.AddSingleton<WebhookTester>();
        services.AddSingleton<WebhookEndpoints>();
    }

    /// <summary>The background work, for a server that serves.</summary>
    public static IServiceCollection AddWebhookWork(this IServiceCollection services)
    {
        services.AddHostedService<WebhookRetention>();
        services.AddHostedService<NoticePump>();
        services.AddHostedService<WebhookDispatcher>();
        return services;
    }
}
