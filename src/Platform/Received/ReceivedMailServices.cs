using Microsoft.Extensions.DependencyInjection;
using Relay.Dkim;
using Relay.Dns;
using Relay.Platform.Webhooks;
using Relay.Queue;

namespace Relay.Platform.Received;

/// <summary>Puts the parts together.</summary>
internal static class ReceivedMailServices
{
    public static void AddReceivedMail(this IServiceCollection services, IReadOnlyDictionary<string, ReceivedHook> hooks)
    {
        services.AddSingleton(provider => new MailAuthenticator(
            provider.GetRequiredService<IDnsResolver>(),
            provider.GetRequiredService<IDkimKeyLookup>(),
            provider.GetRequiredService<PlatformOptions>().Hostname,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IReceivedMailHook>(provider => new ReceivedMailHook(
            hooks,
            provider.GetRequiredService<ISpool>(),
            provider.GetRequiredService<MailAuthenticator>(),
            provider.GetRequiredService<IWebhookSender>(),
            provider.GetRequiredService<TimeProvider>()));
    }
}
