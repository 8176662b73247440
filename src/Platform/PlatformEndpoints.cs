using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Relay.Platform.Accounts;
using Relay.Platform.Analytics;
using Relay.Platform.Campaigns;
using Relay.Platform.Contacts;
using Relay.Platform.Domains;
using Relay.Platform.Emails;
using Relay.Platform.Jobs;
using Relay.Platform.Keys;
using Relay.Platform.Privacy;
using Relay.Platform.Public;
using Relay.Platform.Quotas;
using Relay.Platform.Received;
using Relay.Platform.Templates;
using Relay.Platform.Tracking;
using Relay.Platform.Webhooks;
using Relay.Queue;

namespace Relay.Platform;

/// <summary>Puts the API's parts together: services, and the routes of the API and public doors.</summary>
public static class PlatformEndpoints
{
    /// <summary>Requests to <c>/api/v1</c>; a client written for another base changes only the host.</summary>
    public const string ApiBase = "/api/v1";

    /// <summary>Expected from elsewhere: the stores, queue, senders, resolver, a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddPlatform(this IServiceCollection services, PlatformOptions options, CampaignOptions? campaigns = null)
    {
        services.AddSingleton(options);
        services.AddSingleton<ApiAuthentication>();
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Encoder = ApiJson.Options.Encoder);
        ApiDocument.Add(services);
        services.AddDomains();
        services.AddQuotas();
        services.AddSingleton<ApiKeyEndpoints>();
        services.AddSingleton<AccountSettingsEndpoints>();
        services.AddEmails();
        services.AddWebhooks();
        services.AddReceivedMail(options.Received);
        services.AddTracking();
        services.AddAnalytics();
        services.AddTemplates();
        services.AddPrivacy();
        services.AddContacts();
        services.AddSingleton(campaigns ?? new CampaignOptions());
        services.AddSingleton<ICampaignAudience, ContactAudience>();
        services.AddCampaigns();
        return services;
    }

    /// <summary>Everything that works in the background; left out when a command serves itself.</summary>
    public static IServiceCollection AddPlatformWork(this IServiceCollection services)
    {
        services.AddDomainWork();
        services.AddQuotaWork();
        services.AddTrackingWork();
        services.AddAnalyticsWork();
        services.AddWebhookWork();
        services.AddContactWork();
        services.AddCampaignWork();
        return services;
    }

    /// <summary>Maps the doors. To be called before the admin interface, whose refusals are in another shape.</summary>
    public static void MapPlatform(this WebApplication app)
    {
        app.UseWhen(context => context.Door() == HttpDoor.Api, UseApi);
        var api = app.MapGroup(ApiBase).AtDoor(HttpDoor.Api);
        app.Services.GetRequiredService<DomainEndpoints>().Map(api);
        app.Services.GetRequiredService<ApiKeyEndpoints>().Map(api);
        app.Services.GetRequiredService<AccountSettingsEndpoints>().Map(api);
        EmailEndpoints.Map(api);
        app.Services.GetRequiredService<WebhookEndpoints>().Map(api);
        ApiDocument.Map(app);
        app.UseWhen(context => context.Door() == HttpDoor.Public, PublicDoor.Use);
        app.Services.GetRequiredService<AnalyticsEndpoints>().Map(api);
        app.Services.GetRequiredService<ExportEndpoints>().Map(api);
        app.Services.GetRequiredService<JobEndpoints>().Map(api);
        var recipients = app.MapGroup("/").AtDoor(HttpDoor.Public);
        app.Services.GetRequiredService<TrackingEndpoints>().Map(recipients);
        app.Services.GetRequiredService<ConfirmationEndpoints>().Map(recipients);
        app.Services.GetRequiredService<UnsubscribeEndpoints>().Map(recipients);
        app.Services.GetRequiredService<TemplateEndpoints>().Map(api);
        app.Services.GetRequiredService<PrivacyEndpoints>().Map(api);
        api.MapContacts(app.Services);
        app.Services.GetRequiredService<CampaignEndpoints>().Map(api);
    }

    // 1. What fails inside becomes a fault in the API's shape. 2. Unknown routes too. 3. A stranger's body is not even read.
    internal static void UseApi(IApplicationBuilder app)
    {
        app.Use(CatchAsync);
        app.Use(AuthenticateAsync);
        app.Use(LimitAsync);
        app.Use(AnswerUnknownAsync);
    }

    private static async Task CatchAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception trouble) when (trouble is StoreUnavailableException or SpoolException && !context.Response.HasStarted)
        {
            await ApiFault.Unavailable("the server cannot store anything right now; try again later", TimeSpan.FromSeconds(10)).ExecuteAsync(context);
        }
        catch (BadHttpRequestException refused) when (!context.Response.HasStarted)
        {
            await FaultOf(refused).ExecuteAsync(context);
        }
    }

    private static ApiFault FaultOf(BadHttpRequestException refused) => refused.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => ApiFault.TooLarge("the request body is larger than this server takes"),
        StatusCodes.Status415UnsupportedMediaType => UnknownMediaType,
        _ => new ApiFault(refused.StatusCode, "BAD_REQUEST", refused.Message),
    };

    private static async Task AuthenticateAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<OpenToAllMetadata>() is null
            && await context.RequestServices.GetRequiredService<ApiAuthentication>().CheckAsync(context) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    private static async Task LimitAsync(HttpContext context, RequestDelegate next)
    {
        if (ApiCaller.Find(context) is { } caller
            && await context.RequestServices.GetRequiredService<RequestLimiter>().CheckAsync(caller, context) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    private static async Task AnswerUnknownAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (context.Response is { HasStarted: false, ContentLength: null, ContentType: null } response
            && response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed or StatusCodes.Status415UnsupportedMediaType)
        {
            await Unknown(context).ExecuteAsync(context);
        }
    }

    private static ApiFault UnknownMediaType => new(415, "UNSUPPORTED_MEDIA_TYPE", "send the body as application/json");

    private static ApiFault Unknown(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status405MethodNotAllowed => new ApiFault(405, "METHOD_NOT_ALLOWED", $"{context.Request.Method} is not allowed on {context.Request.Path}"),
        StatusCodes.Status415UnsupportedMediaType => UnknownMediaType,
        _ => ApiFault.NotFound($"there is no {context.Request.Method} {context.Request.Path}"),
    };
}

/// <summary>A route of the API door that needs no key: its documentation.</summary>
internal sealed class OpenToAllMetadata;
