using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Relay.Dkim;
using Relay.Platform;
using Relay.Platform.Jobs;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>Maps the operator's API and page.</summary>
public static class AdminEndpoints
{
    public static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.AddSingleton<MetricsCollector>();
        services.AddSingleton<HealthReport>();
        services.AddSingleton<AdminAuthentication>();
        services.AddSingleton<AdminRateLimit>();
        services.AddSingleton<TrafficMonitor>();
        services.AddSingleton<EventFeed>();
        services.AddSingleton<IEventFollower>(provider => provider.GetRequiredService<EventFeed>());
        services.AddSingleton<AlertState>();
        services.AddSingleton<PauseReport>();
        services.AddSingleton<DkimVerifier>();
        services.AddSingleton<StoredContent>();
        services.AddSingleton<MessageFindings>();
        services.AddSingleton<MessageRelease>();
        services.AddSingleton<MailViews>();
        services.AddSingleton<TrafficEndpoints>();
        services.AddSingleton<EventStreamEndpoints>();
        services.AddSingleton<AuditEndpoints>();
        services.AddSingleton<IJobKind, BackupJob>();
        services.AddSingleton<BackupEndpoints>();
        services.AddSingleton<ConfigurationEndpoints>();
        services.AddSingleton<TokenEndpoints>();
        services.AddSingleton<ContentEndpoints>();
        services.AddSingleton<QueueAgeEndpoints>();
        services.AddSingleton<StatusEndpoints>();
        services.AddSingleton<SiteEndpoints>();
        services.AddSingleton<QueueEndpoints>();
        services.AddSingleton<Relay.Platform.Jobs.IJobKind, QueueActJob>();
        services.AddSingleton<RouteEndpoints>();
        services.AddSingleton<ShapingEndpoints>();
        services.AddSingleton<WarmupEndpoints>();
        services.AddSingleton<MessageEndpoints>();
        services.AddSingleton<WhyEndpoints>();
        services.AddSingleton<SuspensionEndpoints>();
        services.AddSingleton<BrakeEndpoints>();
        services.AddSingleton<EventEndpoints>();
        services.AddSingleton<SuppressionEndpoints>();
        services.AddSingleton<SuppressionTransferEndpoints>();
        services.AddSingleton<AggregateEndpoints>();
        services.AddSingleton<BounceEndpoints>();
        services.AddSingleton<CredentialEndpoints>();
        services.AddSingleton<AccountEndpoints>();
        services.AddSingleton<DomainEndpoints>();
        services.AddSingleton<DkimEndpoints>();
        services.AddSingleton<PrivacyEndpoints>();
        services.AddSingleton<HealthEndpoints>();
        services.AddSingleton<MetricsEndpoint>();
        services.AddOpenApi("v1", options =>
        {
            options.ShouldInclude = description => HttpDoors.DoorOf(description.ActionDescriptor.EndpointMetadata) == HttpDoor.Admin;
            options.AddOperationTransformer<ExampleTransformer>();
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "Relay admin API";
                document.Info.Description = "See and steer the relay. Errors are RFC 9457 problems.";
                return Task.CompletedTask;
            });
        });
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolver =
            (json.SerializerOptions.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(KnownMembers.Require));
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddProblemDetails(options => options.CustomizeProblemDetails = Problems.Explain);
        return services;
    }

    /// <summary>Looks for alerts in the background, and recalls what the server did before its start.</summary>
    /// <param name="options">Asked anew at each look.</param>
    public static IServiceCollection AddAlerts(this IServiceCollection services, Func<AlertOptions> options)
    {
        services.AddSingleton(options);
        services.AddSingleton<AlertConditions>();
        services.AddSingleton<AlertSender>();
        services.AddHostedService<AlertService>();
        services.AddHostedService<TrafficHistory>();
        return services;
    }

    public static void MapAdmin(this WebApplication app)
    {
        // What the framework refuses by itself (broken JSON, a member that is not known, a parameter of the wrong type, no such route) becomes a problem too.
        app.UseWhen(context => context.Door() == HttpDoor.Admin, admin =>
        {
            admin.UseStatusCodePages();
            admin.UseExceptionHandler(new ExceptionHandlerOptions
            {
                StatusCodeSelector = StatusOf,

                // A caller's mistake is told to the caller.
                SuppressDiagnosticsCallback = context => context.Exception is BadHttpRequestException,
            });
        });

        // Before routing binds anything: a stranger's body is not even read.
        app.UseWhen(NeedsToken, guarded => guarded.Use(AuthenticateAsync));

        var services = app.Services;
        PageEndpoints.Map(app);
        services.GetRequiredService<HealthEndpoints>().Map(app);
        services.GetRequiredService<MetricsEndpoint>().Map(app);

        var api = app.MapGroup("/admin/v1").ProducesProblem(StatusCodes.Status401Unauthorized);
        services.GetRequiredService<StatusEndpoints>().Map(api);
        services.GetRequiredService<SiteEndpoints>().Map(api);
        services.GetRequiredService<TrafficEndpoints>().Map(api);
        services.GetRequiredService<QueueEndpoints>().Map(api);
        services.GetRequiredService<QueueAgeEndpoints>().Map(api);
        services.GetRequiredService<RouteEndpoints>().Map(api);
        services.GetRequiredService<ShapingEndpoints>().Map(api);
        services.GetRequiredService<WarmupEndpoints>().Map(api);
        services.GetRequiredService<MessageEndpoints>().Map(api);
        services.GetRequiredService<WhyEndpoints>().Map(api);
        services.GetRequiredService<SuspensionEndpoints>().Map(api);
        services.GetRequiredService<BrakeEndpoints>().Map(api);
        services.GetRequiredService<ContentEndpoints>().Map(api);
        services.GetRequiredService<ContentEndpoints>().MapFrame(app);
        services.GetRequiredService<EventEndpoints>().Map(api);
        services.GetRequiredService<EventStreamEndpoints>().Map(api);
        services.GetRequiredService<SuppressionEndpoints>().Map(api);
        services.GetRequiredService<SuppressionTransferEndpoints>().Map(api);
        services.GetRequiredService<AggregateEndpoints>().Map(api);
        services.GetRequiredService<BounceEndpoints>().Map(api);
        services.GetRequiredService<CredentialEndpoints>().Map(api);
        services.GetRequiredService<AccountEndpoints>().Map(api);
        services.GetRequiredService<DomainEndpoints>().Map(api);
        services.GetRequiredService<DkimEndpoints>().Map(api);
        services.GetRequiredService<PrivacyEndpoints>().Map(api);
        services.GetRequiredService<TokenEndpoints>().Map(api);
        services.GetRequiredService<AuditEndpoints>().Map(api);
        services.GetRequiredService<BackupEndpoints>().Map(api);
        services.GetRequiredService<ConfigurationEndpoints>().Map(api);
        app.MapOpenApi("/admin/{documentName}/openapi.json");
    }

    // A store that cannot answer now is trouble of this moment, not a fault of the program.
    private static int StatusOf(Exception trouble) => trouble switch
    {
        StoreUnavailableException or SpoolException => StatusCodes.Status503ServiceUnavailable,
        BadHttpRequestException refused => refused.StatusCode,
        _ => StatusCodes.Status500InternalServerError,
    };

    private static bool NeedsToken(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/metrics")
        || (context.Request.Path.StartsWithSegments("/admin") && !context.Request.Path.StartsWithSegments("/admin/v1/openapi.json"));

    private static async Task AuthenticateAsync(HttpContext context, RequestDelegate next)
    {
        if (await context.RequestServices.GetRequiredService<AdminAuthentication>().CheckAsync(context) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        if (context.RequestServices.GetRequiredService<AdminRateLimit>().Check(context) is { } limited)
        {
            await limited.ExecuteAsync(context);
            return;
        }

        await next(context);
    }
}
