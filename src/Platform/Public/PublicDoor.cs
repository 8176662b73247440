using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Platform.Tracking;
using Relay.Queue;

namespace Relay.Platform.Public;

/// <summary>The rules of the listener that recipients reach: its own routes and nothing else, no cookies, nothing kept by caches, nothing told to strangers.</summary>
internal static class PublicDoor
{
    private const string UnknownText = "There is nothing here.\n";

    public static void Use(IApplicationBuilder app) => app.Run(RunAsync);

    /// <summary>The client, in IPv4 form where it is one.</summary>
    public static IPAddress ClientAddress(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    /// <summary>Notes that a client asked for something that does not exist; who guesses is slowed down.</summary>
    public static void Count(HttpContext context, string reason)
    {
        context.RequestServices.GetRequiredService<ClientRates>().Miss(ClientAddress(context));
        TrackingMetrics.Refused(reason);
    }

    /// <summary>The answer to everything we do not know, or do not want to.</summary>
    public static Task AnswerUnknownAsync(HttpContext context, string reason)
    {
        Count(context, reason);
        return AnswerAsync(context, StatusCodes.Status404NotFound, UnknownText);
    }

    public static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(text, context.RequestAborted);
    }

    // The matched route runs here and now: whatever stands behind in the pipeline belongs to the other doors.
    private static async Task RunAsync(HttpContext context)
    {
        Protect(context.Response.Headers);
        if (!context.RequestServices.GetRequiredService<ClientRates>().TryTake(ClientAddress(context)))
        {
            TrackingMetrics.Refused("rate");
            context.Response.Headers.RetryAfter = "1";
            await AnswerAsync(context, StatusCodes.Status429TooManyRequests, "Too many requests.\n");
            return;
        }

        if (context.GetEndpoint()?.RequestDelegate is not { } run)
        {
            await AnswerUnknownAsync(context, "path");
            return;
        }

        await RunGuardedAsync(context, run);
    }

    private static async Task RunGuardedAsync(HttpContext context, RequestDelegate run)
    {
        try
        {
            await run(context);
            if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status405MethodNotAllowed })
            {
                context.Response.Headers.Remove("Allow");
                await AnswerUnknownAsync(context, "path");
            }
        }
        catch (BadHttpRequestException refused) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, refused.StatusCode, "The request is not understood.\n");
        }
        catch (Exception trouble) when (trouble is StoreUnavailableException or SpoolException && !context.Response.HasStarted)
        {
            context.Response.Headers.RetryAfter = "10";
            await AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, "Not possible right now. Please try again.\n");
        }
#pragma warning disable CA1031 // strangers learn nothing of what went wrong inside
        catch (Exception trouble) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
#pragma warning restore CA1031
        {
            TrackingLog.PublicFailed(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(PublicDoor).FullName!), trouble);
            await AnswerAsync(context, StatusCodes.Status500InternalServerError, "Something went wrong.\n");
        }
    }

    private static void Protect(IHeaderDictionary headers)
    {
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Robots-Tag"] = "noindex, nofollow";
    }
}
