using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Relay.Platform;

/// <summary>The HTTP listeners: each serves its own routes and none of the others'.</summary>
public enum HttpDoor
{
    /// <summary>Operators, and commands over the local socket. What names no door belongs here.</summary>
    Admin = 0,

    /// <summary>Applications: the e-mail API.</summary>
    Api = 1,

    /// <summary>Recipients: tracking, unsubscribe, confirmations; nothing else.</summary>
    Public = 2,
}

public static class HttpDoors
{
    /// <summary>Marks every connection of a listener with its door.</summary>
    public static void UseDoor(this ListenOptions listener, HttpDoor door) => listener.Use(next => connection =>
    {
        connection.Features.Set(new DoorFeature(door));
        return next(connection);
    });

    public static HttpDoor Door(this HttpContext context) => context.Features.Get<DoorFeature>()?.Door ?? HttpDoor.Admin;

    /// <summary>The door of a route, by its metadata.</summary>
    public static HttpDoor DoorOf(IEnumerable<object> metadata) => metadata.OfType<DoorMetadata>().LastOrDefault()?.Door ?? HttpDoor.Admin;

    /// <summary>These routes are served at this door only.</summary>
    public static TBuilder AtDoor<TBuilder>(this TBuilder builder, HttpDoor door)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new DoorMetadata(door));

    /// <summary>Lets a matched route through only at its own door; elsewhere it does not exist.</summary>
    public static void UseDoorGuard(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        // Without metadata it is routing's own answer: the method or the content type does not fit.
        if (context.GetEndpoint() is { Metadata.Count: > 0 } endpoint && DoorOf(endpoint.Metadata) != context.Door())
        {
            context.SetEndpoint(null);
        }

        return next(context);
    });

    private sealed record DoorFeature(HttpDoor Door);

    private sealed record DoorMetadata(HttpDoor Door);
}
