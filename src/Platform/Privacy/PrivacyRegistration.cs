using Microsoft.Extensions.DependencyInjection;
using Relay.Platform.Jobs;

namespace Relay.Platform.Privacy;

internal static class PrivacyRegistration
{
    /// <summary>Expected from elsewhere: the <see cref="IErasable"/> stores, <see cref="IOpenMail"/>, jobs, audit, key ring.</summary>
    public static IServiceCollection AddPrivacy(this IServiceCollection services)
    {
        services.AddSingleton<AddressHasher>();
        services.AddSingleton<PrivacyService>();
        services.AddSingleton<PrivacyEndpoints>();
        services.AddSingleton<IJobKind, ErasureJob>();
        services.AddSingleton<IJobKind, AddressExportJob>();
        return services;
    }
}
