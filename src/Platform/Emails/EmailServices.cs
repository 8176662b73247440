using Microsoft.Extensions.DependencyInjection;
using Relay.Queue;

namespace Relay.Platform.Emails;

internal static class EmailServices
{
    /// <summary>Expected from elsewhere: domains, templates, tracking, quotas, intake and stores.</summary>
    public static void AddEmails(this IServiceCollection services)
    {
        services.AddSingleton<BodyBudget>();
        services.AddSingleton<IdempotencyKeys>();
        services.AddSingleton<SenderCheck>();
        services.AddSingleton<EmailPreparation>();
        services.AddSingleton<EmailComposer>();
        services.AddSingleton<IStreamFields, StreamFieldWriter>();
        services.AddSingleton<EmailSending>();
        services.AddSingleton<SubmissionIntake>();
        services.AddSingleton<IEventObserver, EmailStatusFollower>();
    }
}
