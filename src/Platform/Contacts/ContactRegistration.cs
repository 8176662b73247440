using Microsoft.Extensions.DependencyInjection;
using Relay.Platform.Jobs;
using Relay.Platform.Public;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Contacts;

public static class ContactRegistration
{
    /// <summary>Expected from elsewhere: the stores of contacts and imports, jobs, templates, domains, events, queue, webhooks.</summary>
    internal static IServiceCollection AddContacts(this IServiceCollection services)
    {
        services.AddSingleton<ContactUpkeepSignal>();
        services.AddSingleton<InvitationSignal>();
        services.AddSingleton<ContactNotices>();
        services.AddSingleton<OptInContent>();
        services.AddSingleton<IEventObserver, ContactFollower>();
        services.AddSingleton<ContactService>();
        services.AddSingleton<ContactBookService>();
        services.AddSingleton<ContactActivity>();
        services.AddSingleton<IInvitationMail, InvitationMail>();
        services.AddSingleton<InvitationSender>();
        services.AddSingleton<Consent>();
        services.AddSingleton<MailStops>();
        services.AddSingleton<Subscriptions>();
        services.AddSingleton<ILinkActions>(provider => provider.GetRequiredService<Subscriptions>());
        services.AddSingleton<UnsubscribeLinks>();
        services.AddSingleton<UnsubscribeEndpoints>();
        services.AddSingleton<ConfirmationEndpoints>();
        services.AddSingleton<ImportUpload>();
        services.AddSingleton<ContactBookEndpoints>();
        services.AddSingleton<ContactEndpoints>();
        services.AddSingleton<ContactFileEndpoints>();
        services.AddSingleton<IJobKind, ContactImport>();
        services.AddSingleton<IJobKind, ContactExport>();
        return services;
    }

    /// <summary>What works in the background while the server serves.</summary>
    public static IServiceCollection AddContactWork(this IServiceCollection services)
    {
        services.AddHostedService<ContactUpkeep>();
        services.AddHostedService(provider => provider.GetRequiredService<InvitationSender>());
        return services;
    }

    internal static void MapContacts(this Microsoft.AspNetCore.Routing.RouteGroupBuilder api, IServiceProvider services)
    {
        services.GetRequiredService<ContactBookEndpoints>().Map(api);
        services.GetRequiredService<ContactEndpoints>().Map(api);
        services.GetRequiredService<ContactFileEndpoints>().Map(api);
    }
}
