using Microsoft.Extensions.DependencyInjection;

namespace Relay.Senders;

public static class SendersRegistration
{
    /// <summary>
    /// Registers the services of this project. Expected from elsewhere: the stores, a <see cref="KeyRing"/>, <see cref="DkimRotationOptions"/>, the resolver, a <see cref="TimeProvider"/>.
    /// Call <see cref="DkimKeys.ReloadAsync"/> before the first message when there are key files.
    /// </summary>
    public static IServiceCollection AddSenders(
        this IServiceCollection services, CredentialCheckOptions? credentialOptions = null, IReadOnlyList<DkimKeyFile>? keyFiles = null)
    {
        services.AddSingleton(provider => new CredentialCheck(
            provider.GetRequiredService<ICredentialStore>(), provider.GetRequiredService<TimeProvider>(), credentialOptions, provider.GetRequiredService<AccountService>()));
        services.AddSingleton<AccountService>();
        services.AddSingleton<LinkTokens>();
        services.AddSingleton<UserService>();
        services.AddSingleton<ApiKeyService>();
        services.AddSingleton<AdminTokens>();
        services.AddSingleton(provider => new DkimKeys(
            provider.GetRequiredService<IDkimKeyStore>(),
            provider.GetRequiredService<KeyRing>(),
            provider.GetRequiredService<IAuditStore>(),
            provider.GetRequiredService<TimeProvider>(),
            keyFiles));
        services.AddSingleton<DkimKeyProof>();
        services.AddSingleton<DkimRotation>();
        services.AddSingleton<IDkimKeySource>(provider => provider.GetRequiredService<DkimKeys>());
        services.AddHostedService<CredentialUsageService>();
        return services;
    }
}
