using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Platform.Tracking;

namespace Relay.Platform.Public;

/// <summary>Where tracked links and pixels lead.</summary>
internal sealed class TrackingEndpoints(TrackingTokens tokens, VisitRecorder recorder, TimeProvider time)
{
    /// <summary>Opens and clicks count so long after the message was accepted; links go on leading where they led.</summary>
    internal static readonly TimeSpan CountedFor = TimeSpan.FromDays(365);

    // GIF89a, one transparent pixel.
    private static readonly byte[] Pixel =
    [
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0x21, 0xF9,
        0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x2C, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x02, 0x02, 0x44, 0x01, 0x00, 0x3B,
    ];

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public void Map(IEndpointRouteBuilder door)
    {
        door.MapMethods("/t/{token}", Methods, (RequestDelegate)FollowAsync);
        door.MapMethods("/o/{token}.gif", Methods, (RequestDelegate)OpenAsync);
    }

    private Task FollowAsync(HttpContext context)
    {
        switch (Read(context))
        {
            case { Kind: TokenKind.Click } click:
                Record(context, click);
                context.Response.StatusCode = StatusCodes.Status302Found;
                context.Response.Headers.Location = click.Url;
                return Task.CompletedTask;

            case { Kind: TokenKind.Hidden } hidden:
                Record(context, hidden);
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return Task.CompletedTask;

            default:
                return PublicDoor.AnswerUnknownAsync(context, "token");
        }
    }

    private Task OpenAsync(HttpContext context)
    {
        if (Read(context) is not { Kind: TokenKind.Open } open)
        {
            return PublicDoor.AnswerUnknownAsync(context, "token");
        }

        Record(context, open);
        context.Response.ContentType = "image/gif";
        context.Response.ContentLength = Pixel.Length;

        // Webmail shows it on its own pages.
        context.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(Pixel, context.RequestAborted).AsTask();
    }

    private TrackingToken? Read(HttpContext context) =>
        context.GetRouteValue("token") is string text ? tokens.Open(text) : null;

    private void Record(HttpContext context, TrackingToken token)
    {
        var now = time.GetUtcNow();
        if (now - token.AcceptedAt > CountedFor)
        {
            return;
        }

        var userAgent = context.Request.Headers.UserAgent.ToString();
        recorder.Add(new Visit
        {
            Token = token,
            At = now,
            Address = PublicDoor.ClientAddress(context),
            UserAgent = userAgent.Length == 0 ? null : userAgent[..Math.Min(userAgent.Length, Visit.MaxUserAgent)],
            IsHead = HttpMethods.IsHead(context.Request.Method),
        });
    }
}
