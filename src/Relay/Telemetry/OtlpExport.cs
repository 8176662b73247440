using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Relay;

/// <summary>Sends metrics and traces to an OpenTelemetry collector, where one is configured; what is waiting goes out at the end.</summary>
internal sealed class OtlpExport : IDisposable
{
    private readonly MeterProvider _metrics;
    private readonly TracerProvider _traces;

    public OtlpExport(TelemetrySection options, string hostname)
    {
        var resource = ResourceBuilder.CreateDefault().AddService("relay", serviceVersion: CommandRunner.Version, serviceInstanceId: hostname);
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter("Relay.*").AddOtlpExporter(export => Configure(export, options, "metrics")).Build();

        // ASP.NET Core's own source makes the span of a request, child of the caller's by its traceparent.
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(EventTraces.SourceName, "Microsoft.AspNetCore")
            .AddOtlpExporter(export => Configure(export, options, "traces")).Build();
    }

    /// <summary>Spans of requests are named by method and route, as OpenTelemetry's conventions for HTTP have it; never by a path, which may hold an address.</summary>
    public static Task NameSpanAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is { } span)
        {
            span.DisplayName = context.GetEndpoint() is RouteEndpoint endpoint ? $"{context.Request.Method} {endpoint.RoutePattern.RawText}" : context.Request.Method;
        }

        return next(context);
    }

    public void Dispose()
    {
        _traces.Dispose();
        _metrics.Dispose();
    }

    private static void Configure(OtlpExporterOptions export, TelemetrySection options, string signal)
    {
        export.Protocol = options.Protocol == OtlpProtocol.Http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        export.Endpoint = options.Protocol == OtlpProtocol.Http ? new Uri(options.Endpoint!, $"v1/{signal}") : options.Endpoint!;
    }
}
