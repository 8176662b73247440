using System.Buffers;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using SmtpServer;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace Relay.Bench.Micro;

/// <summary>The package SmtpServer with a store that keeps nothing, measured beside our own engine.</summary>
/// <remarks>Started by the load program: <c>Relay.Bench.Micro package-door 127.0.0.1:2525 127.0.0.1:8026</c>.</remarks>
internal static class PackageDoor
{
    public const string Command = "package-door";

    public static async Task RunAsync(IPEndPoint smtp, IPEndPoint metrics)
    {
        using var made = DiscardingDoor.NewCertificate();

        // It hands the certificate itself to the TLS stack, which wants the key from octets.
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        var options = new SmtpServerOptionsBuilder()
            .ServerName("relay.example.com")
            .MaxMessageSize(25 * 1024 * 1024)
            .Endpoint(endpoint => endpoint.Endpoint(smtp).Certificate(certificate))
            .Build();
        var services = new SmtpServer.ComponentModel.ServiceProvider();
        services.Add(new DiscardingStore());
        var server = new SmtpServer.SmtpServer(options, services);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(metrics));
        await using var host = builder.Build();
        host.Run(context => context.Response.WriteAsync(
            string.Create(CultureInfo.InvariantCulture, $"relay_process_allocated_bytes_total {GC.GetTotalAllocatedBytes()}\n"), context.RequestAborted));
        await Task.WhenAll(server.StartAsync(CancellationToken.None), host.RunAsync());
    }

    private sealed class DiscardingStore : MessageStore
    {
        public override Task<SmtpResponse> SaveAsync(
            ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken) =>
            Task.FromResult(SmtpResponse.Ok);
    }
}
