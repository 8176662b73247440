using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Relay.Admin;
using Relay.Platform;

namespace Relay;

/// <summary>The HTTP doors for applications and recipients, each only where the configuration opens it.</summary>
internal static class HttpListeners
{
    public static void Bind(KestrelServerOptions kestrel, RelayOptions options)
    {
        Bind(kestrel, HttpDoor.Api, options.Api.Endpoint, options.Api.Tls);
        Bind(kestrel, HttpDoor.Public, options.Public.Endpoint, options.Public.Tls);
    }

    /// <summary>Those that are open, the admin interface with them.</summary>
    public static IReadOnlyList<DoorStatus> Doors(RelayOptions options)
    {
        List<DoorStatus> doors = [];
        if (options.Admin.Enabled)
        {
            doors.Add(Describe("admin", options.Admin.Endpoint, tls: false, null));
        }

        if (options.Api.Endpoint is { } api)
        {
            doors.Add(Describe("api", api, options.Api.Tls, null));
        }

        if (options.Public.Endpoint is { } recipients)
        {
            doors.Add(Describe("public", recipients, options.Public.Tls, options.Public.PublicUrl));
        }

        return doors;
    }

    private static DoorStatus Describe(string name, IPEndPoint endpoint, bool tls, Uri? url) =>
        new(name, endpoint.ToString(), tls, url?.AbsoluteUri ?? $"{(tls ? "https" : "http")}://{endpoint}/");

    /// <summary>Behind proxies the client's address is the one the nearest trusted proxy names; nobody else is believed.</summary>
    public static void UseTrustedProxies(IApplicationBuilder app, RelayOptions options)
    {
        Use(app, HttpDoor.Api, options.Api.TrustedProxies);
        Use(app, HttpDoor.Public, options.Public.TrustedProxies);
    }

    private static void Use(IApplicationBuilder app, HttpDoor door, IReadOnlyList<System.Net.IPNetwork> proxies)
    {
        if (proxies.Count == 0)
        {
            return;
        }

        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        forwarded.KnownIPNetworks.Clear();
        forwarded.KnownProxies.Clear();
        foreach (var proxy in proxies)
        {
            forwarded.KnownIPNetworks.Add(proxy);
        }

        app.UseWhen(context => context.Door() == door, branch => branch.UseForwardedHeaders(forwarded));
    }

    private static void Bind(KestrelServerOptions kestrel, HttpDoor door, IPEndPoint? endpoint, bool tls)
    {
        if (endpoint is null)
        {
            return;
        }

        kestrel.Listen(endpoint, listener =>
        {
            listener.Protocols = tls ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
            listener.UseDoor(door);
            if (tls)
            {
                var certificates = kestrel.ApplicationServices.GetRequiredService<CertificateStore>();

                // Asked for at each handshake, so that a replaced certificate is used at once.
                listener.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(certificates.Current) });
            }
        });
    }
}
