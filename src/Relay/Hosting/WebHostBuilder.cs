using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Relay;

/// <summary>The web framework's host without its own settings: what this server does stands in <c>relay.toml</c> alone.</summary>
/// <remarks>
/// The framework's usual builders read <c>appsettings.json</c> of the working directory and watch everything below for changes: where the
/// data folder lies there, each write of a database was an event, a fifth of the CPU of a message, and another program's file of that name
/// opened doors.
/// </remarks>
internal static class WebHostBuilder
{
    public static WebApplicationBuilder New()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { Args = [] });
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        return builder;
    }
}
