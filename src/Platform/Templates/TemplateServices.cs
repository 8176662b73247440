using Microsoft.Extensions.DependencyInjection;

namespace Relay.Platform.Templates;

internal static class TemplateServices
{
    /// <summary>Expected from elsewhere: <see cref="ITemplateStore"/> and a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddTemplates(this IServiceCollection services)
    {
        services.AddSingleton<TemplateCompiler>();
        services.AddSingleton<TemplateCache>();
        services.AddSingleton<TemplateService>();
        services.AddSingleton<ITemplateRenderer, TemplateRenderer>();
        services.AddSingleton<TemplateEndpoints>();
        return services;
    }
}
